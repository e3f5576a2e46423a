import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { Hop } from '../engine/index.ts'
import { hopAttributes, hopSpanName } from './attributes.ts'
import type { HopSpans } from './hop-spans.ts'
import { failureFields, type SpanShape, type SpanTemplate, spanTemplate } from './otlp-messages.ts'
import { RandomIds } from './random-ids.ts'
import { SpanClock } from './span-clock.ts'
import { SpanRecords } from './span-records.ts'
import { asError } from './thrown.ts'
import { readTraceparent, type TraceparentNumbers } from './traceparent-numbers.ts'

interface HopTemplates {
  /** The first span of a trace, and one that comes of an item from another actor. */
  readonly send: SpanTemplate
  readonly sendOn: SpanTemplate
  readonly process: SpanTemplate
  readonly processShape: SpanShape
}

/** A sampled item in a task's hand: its trace and parent as they came, and the span of its processing. */
class HeldItem implements TraceparentNumbers {
  prefix = ''
  trace0 = 0
  trace1 = 0
  trace2 = 0
  trace3 = 0
  /** The span that sent it. */
  span0 = 0
  span1 = 0
  own0 = 0
  own1 = 0
  ownText = ''
  startMs = 0
  readonly templates: HopTemplates

  constructor(templates: HopTemplates) {
    this.templates = templates
  }
}

/** Takes the spans that have ended, and empties the records: whether or not there is room for them elsewhere. */
export type TakeRecords = (records: SpanRecords, clock: SpanClock) => void

// A request costs about as much as a hundred spans, so that it should have many more than that.
const usualCapacity = 2_048
// Seldom enough for full requests, often enough to look on while it runs.
const takeEveryMs = 1_000

/**
 * The spans of hops, recorded as numbers until there are many of them. A span of a hop differs from the next in its ids and
 * times only: nothing is made of a span but the text that travels with its item.
 */
export class RecordedSpans implements HopSpans {
  readonly #pipeline: string | undefined
  readonly #take: TakeRecords
  readonly #records: SpanRecords
  readonly #ids = new RandomIds()
  readonly #clock = new SpanClock()
  readonly #known = new WeakMap<Hop, HopTemplates>()
  #lastHop: Hop | undefined
  #lastTemplates: HopTemplates | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(take: TakeRecords, pipeline?: string, capacity: number = usualCapacity) {
    this.#take = take
    this.#pipeline = pipeline
    this.#records = new SpanRecords(capacity)
  }

  sent(hop: Hop, held: unknown): string {
    const templates = this.#templatesOf(hop)
    const ids = this.#ids
    const nowMs = performance.now()
    if (held instanceof HeldItem) {
      const own = ids.take(8)
      this.#records.add(
        templates.sendOn,
        held.trace0,
        held.trace1,
        held.trace2,
        held.trace3,
        ids.int32(own),
        ids.int32(own + 4),
        held.own0,
        held.own1,
        nowMs,
        nowMs,
      )
      this.#added()
      return `${held.prefix}${ids.hex(own, 8)}-01`
    }
    const trace = ids.take(24)
    const own = trace + 16
    this.#records.add(
      templates.send,
      ids.int32(trace),
      ids.int32(trace + 4),
      ids.int32(trace + 8),
      ids.int32(trace + 12),
      ids.int32(own),
      ids.int32(own + 4),
      0,
      0,
      nowMs,
      nowMs,
    )
    this.#added()
    return `00-${ids.hex(trace, 16)}-${ids.hex(own, 8)}-01`
  }

  received(hop: Hop, traceparent: string): object | undefined {
    const held = new HeldItem(this.#templatesOf(hop))
    if (!readTraceparent(traceparent, held)) return undefined
    const own = this.#ids.take(8)
    held.own0 = this.#ids.int32(own)
    held.own1 = this.#ids.int32(own + 4)
    held.ownText = this.#ids.hex(own, 8)
    held.startMs = performance.now()
    return held
  }

  done(held: unknown, error?: unknown): void {
    if (!(held instanceof HeldItem)) return
    const nowMs = performance.now()
    const { process, processShape } = held.templates
    this.#records.add(
      error === undefined ? process : this.#failed(processShape, error, nowMs),
      held.trace0,
      held.trace1,
      held.trace2,
      held.trace3,
      held.own0,
      held.own1,
      held.span0,
      held.span1,
      held.startMs,
      nowMs,
    )
    this.#added()
  }

  /** Gives away what there is. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#records.count === 0) return
    this.#clock.follow()
    this.#take(this.#records, this.#clock)
  }

  #added(): void {
    if (this.#records.count === this.#records.capacity) this.flush()
    else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.flush(), takeEveryMs)
      this.#timer.unref()
    }
  }

  // A stream's hop is one object for all of its items, and most often an actor has one stream at a time.
  #templatesOf(hop: Hop): HopTemplates {
    if (hop === this.#lastHop && this.#lastTemplates !== undefined) return this.#lastTemplates
    let templates = this.#known.get(hop)
    if (templates === undefined) {
      templates = templatesOf(hop, this.#pipeline)
      this.#known.set(hop, templates)
    }
    this.#lastHop = hop
    this.#lastTemplates = templates
    return templates
  }

  #failed(shape: SpanShape, error: unknown, nowMs: number): SpanTemplate {
    const time = new Uint8Array(8)
    this.#clock.write(new DataView(time.buffer), 0, nowMs)
    return spanTemplate(shape, failureFields(SpanStatusCode.ERROR, asError(error), time))
  }
}

function templatesOf(hop: Hop, pipeline: string | undefined): HopTemplates {
  const send = {
    name: hopSpanName(hop, 'send'),
    kind: SpanKind.PRODUCER,
    attributes: hopAttributes(hop, 'send', pipeline),
  }
  const processShape: SpanShape = {
    name: hopSpanName(hop, 'process'),
    kind: SpanKind.CONSUMER,
    attributes: hopAttributes(hop, 'process', pipeline),
    parent: 'remote',
  }
  return {
    send: spanTemplate({ ...send, parent: undefined }),
    sendOn: spanTemplate({ ...send, parent: 'local' }),
    process: spanTemplate(processShape),
    processShape,
  }
}
