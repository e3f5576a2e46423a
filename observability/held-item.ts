import { type Context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api'
import type { HopTemplates } from './hop-templates.ts'
import { ItemSpan } from './item-span.ts'
import type { SpanLink } from './otlp-messages.ts'
import type { TraceContext } from './trace-context.ts'
import { type SpanIds, spanContextOf } from './trace-ids.ts'

/** A sampled item in a task's hand: its trace and parent as they came, and the span of its processing. */
export class HeldItem implements SpanIds, TraceContext {
  trace0 = 0
  trace1 = 0
  trace2 = 0
  trace3 = 0
  /** The span that sent it; of one that began here, its own. */
  span0 = 0
  span1 = 0
  traceState: string | undefined = undefined
  own0 = 0
  own1 = 0
  startMs = 0
  /** When its consumer left its stream, in the midst of it or after it; 0 if it has not. */
  leftMs = 0
  itemNumber = 0
  queueWaitMs = 0
  taken = false
  dropped = false
  /** True once its span is recorded. */
  done = false
  isOver = false
  around: Context = ROOT_CONTEXT
  /** Undefined for one that began here: it was not received, and there is no span of its processing. */
  readonly templates: HopTemplates | undefined
  /** What user code sees of the span; made when it is asked for. */
  span: ItemSpan | undefined
  #context: Context | undefined

  constructor(templates: HopTemplates | undefined) {
    this.templates = templates
  }

  /** Made when it is asked for: most items have nothing to do with other spans. */
  get context(): Context {
    this.#context ??= trace.setSpan(this.around, this.#makeSpan())
    return this.#context
  }

  #makeSpan(): Span {
    const { trace0, trace1, trace2, trace3, own0: span0, own1: span1, traceState } = this
    const span = spanContextOf({ trace0, trace1, trace2, trace3, span0, span1, traceState })
    // Of one that began here, the span is over.
    if (this.templates === undefined) return trace.wrapSpanContext(span)
    this.span = new ItemSpan(span)
    return this.span
  }

  set context(context: Context) {
    this.#context = context
  }

  get link(): SpanLink {
    return { trace: [this.trace0, this.trace1, this.trace2, this.trace3], span: [this.own0, this.own1] }
  }
}
