import { type Context, createContextKey, type Span, SpanKind, type Tracer, trace } from '@opentelemetry/api'
import type { ActorId, Call, Followed, Headers, Outcome } from '../engine/index.ts'
import { attributeNames, callAttributes, callSpanName } from './attributes.ts'
import { FollowedSpan, spanOf, Unfollowed } from './followed-span.ts'
import type { ItemContexts } from './item-contexts.ts'
import type { ItemSampler } from './item-sampler.ts'
import { contextFrom, headersOf } from './propagators.ts'
import { sampledRoot } from './source-sampler.ts'
import { isSampled } from './traceparent.ts'

/** Beside `traceparent`: items that are sent for this call begin traces of their own. */
const itemsHeader = 'actorflow-items'
const ownTraces = 'own'

// Its value is the span of a call that nobody's trace led to, and so of no use as the parent of thousands of items.
const drawnCall = createContextKey('actorflow: a call with which a trace begins')

export interface CallSpansOptions {
  readonly self: ActorId
  readonly tracer: Tracer
  readonly contexts: Pick<ItemContexts, 'current'>
  /** Draws which of the calls are followed that belong to no trace. */
  readonly sampler: ItemSampler
  /** Whether a call that fails has a span though it was not sampled. */
  readonly keepsErrors: boolean
  /** What an item is held as whose processing is the span of that context. */
  standIn(context: Context): object
}

/**
 * The spans of calls, one at each end: CLIENT in the caller, until it has the result or the last item, and as its child SERVER
 * in the callee, for as long as the function runs. It is the caller that decides whether a call is followed: as the trace does
 * that it belongs to, or by the ratio; a call with nothing in its headers makes no span in the callee.
 */
export class CallSpans {
  readonly #options: CallSpansOptions

  constructor(options: CallSpansOptions) {
    this.#options = options
  }

  started(call: Call, given: Headers | undefined): Followed | undefined {
    const { contexts, sampler, keepsErrors } = this.#options
    const continued = given?.['traceparent'] === undefined ? undefined : contextFrom(given)
    const around = continued !== undefined && spanOf(continued) !== undefined ? continued : contexts.current
    const parent = spanOf(around)
    if (parent === undefined ? !sampler.take() : !isSampled(parent)) {
      return keepsErrors
        ? new TentativeCall((startTime) => this.#start(call, SpanKind.CLIENT, sampledRoot, startTime))
        : undefined
    }
    const span = this.#start(call, SpanKind.CLIENT, parent === undefined ? sampledRoot : around)
    const context = trace.setSpan(around, span)
    const isDrawn = parent === undefined || isDrawnCall(around)
    return new FollowedSpan(span, context, {
      headers: { ...given, ...headersOf(context), ...(isDrawn && { [itemsHeader]: ownTraces }) },
    })
  }

  received(call: Call, headers: Headers): Followed | undefined {
    const { standIn } = this.#options
    const around = contextFrom(headers)
    const parent = spanOf(around)
    if (parent === undefined) return undefined
    if (!isSampled(parent)) return new Unfollowed(around)
    const span = this.#start(call, SpanKind.SERVER, around)
    const context = trace.setSpan(around, span)
    if (headers[itemsHeader] === ownTraces) return new FollowedSpan(span, context.setValue(drawnCall, span))
    return new FollowedSpan(span, context, { itemTrace: standIn(context) })
  }

  #start(call: Call, kind: SpanKind, around: Context, startTime?: number): Span {
    const { self, tracer } = this.#options
    const options = { kind, attributes: callAttributes(call, self), ...(startTime !== undefined && { startTime }) }
    return tracer.startSpan(callSpanName(call), options, around)
  }
}

/** True if the active span is that of a call which no trace led to, and not one that was made within it. */
function isDrawnCall(context: Context): boolean {
  const span = context.getValue(drawnCall)
  return span !== undefined && span === trace.getSpan(context)
}

/** A call that is not followed, and of which a span is made if it fails. */
class TentativeCall implements Followed {
  readonly trace = undefined
  readonly #start: (startTime: number) => Span
  readonly #startTime = performance.timeOrigin + performance.now()
  #ended = false

  constructor(start: (startTime: number) => Span) {
    this.#start = start
  }

  event(): void {}

  ended(outcome: Outcome): void {
    if (this.#ended) return
    this.#ended = true
    if (outcome.error === undefined) return
    const span = this.#start(this.#startTime)
    span.setAttribute(attributeNames.keptFor, 'error')
    new FollowedSpan(span, sampledRoot).ended(outcome)
  }
}
