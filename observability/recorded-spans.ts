import { type Context, SpanStatusCode, trace } from '@opentelemetry/api'
import type { ActorId, Hop, ItemArrival, JoinedItems } from '../engine/index.ts'
import { attributeNames } from './attributes.ts'
import { HeldItem } from './held-item.ts'
import type { Departing, HopSpans } from './hop-spans.ts'
import { KnownTemplates } from './hop-templates.ts'
import { isJoined } from './joined.ts'
import { LeftItems } from './left-items.ts'
import {
  failureFields,
  linkFields,
  longerTemplate,
  moreAttributes,
  type SpanShape,
  type SpanTemplate,
  spanTemplate,
  traceStateField,
} from './otlp-messages.ts'
import type { Field } from './protobuf.ts'
import { SpanClock } from './span-clock.ts'
import { SpanRecords } from './span-records.ts'
import { asError } from './thrown.ts'
import { areIds, copyTrace, randomInt32, type SpanIds, writeIds } from './trace-ids.ts'

/** Where the spans go that have ended. */
export interface SpanOutlet {
  /** Takes them, and empties the records: whether or not there is room for them. */
  take(records: SpanRecords, clock: SpanClock): void
  /** Sends what it has taken, however little that is. */
  send(): void
}

// Many at once, so that the code that encodes them is run through, and few enough for nobody to notice how long that takes.
const usualCapacity = 1_024
// Seldom enough for full requests, often enough to look on while it runs.
const sendEveryMs = 1_000

/**
 * The spans of hops, recorded as numbers until there are many of them. A span of a hop differs from the next in its ids, times
 * and counts only, and it is numbers that travel with its item: nothing is made of a span until it is encoded.
 */
export class RecordedSpans implements HopSpans {
  readonly #outlet: SpanOutlet
  readonly #records: SpanRecords
  readonly #clock = new SpanClock()
  readonly #templates: KnownTemplates
  readonly #left = new LeftItems<HeldItem>((item) => this.#end(item, item.leftMs, []))
  // What many items are made of at once is made of the same ones.
  readonly #joinedTemplates = new WeakMap<JoinedItems, Map<SpanShape, SpanTemplate>>()
  #timer: NodeJS.Timeout | undefined

  constructor(outlet: SpanOutlet, pipeline?: string, capacity: number = usualCapacity) {
    this.#outlet = outlet
    this.#templates = new KnownTemplates(pipeline)
    this.#records = new SpanRecords(capacity)
  }

  sent(hop: Hop, held: unknown, departure: Departing): boolean {
    const templates = this.#templates.of(hop)
    const { itemNumber, creditWaitMs } = departure
    const sentMs = departure.sentMs === 0 ? performance.now() : departure.sentMs
    if (held instanceof HeldItem) this.#sendOn(templates.sendOn, held, departure, itemNumber, sentMs, creditWaitMs)
    else if (!isJoined(held)) this.#begin(templates.send, departure, itemNumber, sentMs, creditWaitMs)
    else if (held.parent instanceof HeldItem) {
      const template = this.#joinedTemplate(templates.sendOnShape, held)
      this.#sendOn(template, held.parent, departure, itemNumber, sentMs, creditWaitMs)
    } else this.#begin(this.#joinedTemplate(templates.sendShape, held), departure, itemNumber, sentMs, creditWaitMs)
    return true
  }

  /** Records a span that is a child of the item's, and gives it its ids. */
  #sendOn(
    template: SpanTemplate,
    held: HeldItem,
    into: SpanIds,
    number: number,
    endMs: number,
    creditWaitMs: number,
  ): void {
    copyTrace(held, into)
    into.span0 = randomInt32()
    into.span1 = randomInt32()
    // The stream stood longer than the item was there to be sent.
    const waitMs = creditWaitMs > 0 ? Math.min(creditWaitMs, endMs - held.startMs) : 0
    this.#records.add(
      inState(template, held.traceState),
      held.trace0,
      held.trace1,
      held.trace2,
      held.trace3,
      into.span0,
      into.span1,
      held.own0,
      held.own1,
      endMs - waitMs,
      endMs,
      number,
      waitMs,
    )
    this.#added()
  }

  /** Records the first span of a trace, and gives it its ids. */
  #begin(template: SpanTemplate, into: SpanIds, number: number, endMs: number, waitMs: number): void {
    into.trace0 = randomInt32()
    into.trace1 = randomInt32()
    into.trace2 = randomInt32()
    into.trace3 = randomInt32()
    into.span0 = randomInt32()
    into.span1 = randomInt32()
    into.traceState = undefined
    this.#records.add(
      template,
      into.trace0,
      into.trace1,
      into.trace2,
      into.trace3,
      into.span0,
      into.span1,
      0,
      0,
      endMs - waitMs,
      endMs,
      number,
      waitMs,
    )
    this.#added()
  }

  created(actor: ActorId, held: unknown): object {
    const shape = this.#templates.creationIn(actor)
    const joined = isJoined(held) ? held : undefined
    const parent = joined?.parent instanceof HeldItem ? joined.parent : undefined
    const nested = parent === undefined ? shape : { ...shape, parent: 'local' as const }
    const template = joined === undefined ? spanTemplate(nested) : this.#joinedTemplate(nested, joined)
    const created = new HeldItem(undefined)
    if (parent === undefined) this.#begin(template, created, 0, performance.now(), 0)
    else this.#sendOn(template, parent, created, 0, performance.now(), 0)
    return begun(created)
  }

  received(hop: Hop, arrival: Omit<ItemArrival, 'baggage'>): object | undefined {
    if (!areIds(arrival)) return undefined
    const held = new HeldItem(this.#templates.of(hop))
    copyTrace(arrival, held)
    held.span0 = arrival.span0
    held.span1 = arrival.span1
    held.own0 = randomInt32()
    held.own1 = randomInt32()
    held.startMs = performance.now()
    held.itemNumber = arrival.itemNumber
    held.queueWaitMs = held.startMs - arrival.arrivedMs
    return held
  }

  taken(held: unknown): void {
    if (!(held instanceof HeldItem) || held.taken) return
    const nowMs = performance.now()
    held.taken = true
    held.queueWaitMs += nowMs - held.startMs
    held.startMs = nowMs
  }

  standIn(context: Context): object {
    const span = trace.getSpanContext(context)
    if (span === undefined) throw new TypeError('there is no span that an item could stand for')
    const held = new HeldItem(undefined)
    writeIds(span, held)
    held.context = context
    return begun(held)
  }

  dropped(held: unknown): void {
    if (held instanceof HeldItem) held.dropped = true
  }

  left(held: unknown): void {
    if (!(held instanceof HeldItem) || held.done) return
    held.leftMs = performance.now()
    this.#left.add(held)
    this.#schedule()
  }

  done(held: unknown, error?: unknown, cancelled = false): void {
    if (!(held instanceof HeldItem) || held.done || held.templates === undefined) return
    const wasLeft = held.leftMs > 0
    if (wasLeft) this.#left.delete(held)
    const endMs = wasLeft ? held.leftMs : performance.now()
    if (error === undefined) this.#end(held, endMs, [])
    else if (cancelled) this.#end(held, endMs, [cancelledField(error)])
    else this.#end(held, endMs, [failureFields(SpanStatusCode.ERROR, asError(error), this.#timeOf(endMs))], true)
  }

  #end(held: HeldItem, endMs: number, ending: readonly Field[], failed = false): void {
    const { templates } = held
    if (templates === undefined) return
    held.done = true
    const added = held.span?.finish(failed, (ms) => this.#timeOf(ms)) ?? []
    const usual = held.dropped ? templates.drop : templates.process
    const fields = [...ending, ...added]
    this.#records.add(
      inState(fields.length === 0 ? usual : specialTemplate(held, templates.processShape, fields), held.traceState),
      held.trace0,
      held.trace1,
      held.trace2,
      held.trace3,
      held.own0,
      held.own1,
      held.span0,
      held.span1,
      held.startMs,
      endMs,
      held.itemNumber,
      held.queueWaitMs,
    )
    this.#added()
  }

  close(): void {
    this.#left.finishAll()
  }

  /** Gives away what there is, and has it sent. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#records.count > 0) this.#give()
    this.#outlet.send()
  }

  #give(): void {
    this.#clock.follow()
    this.#outlet.take(this.#records, this.#clock)
  }

  #added(): void {
    if (this.#records.isFull) this.#give()
    this.#schedule()
  }

  #schedule(): void {
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => this.#look(), sendEveryMs)
    this.#timer.unref()
  }

  #look(): void {
    this.#left.finishOld()
    this.flush()
    if (this.#left.size > 0) this.#schedule()
  }

  #joinedTemplate(shape: SpanShape, joined: JoinedItems): SpanTemplate {
    let known = this.#joinedTemplates.get(joined)
    if (known === undefined) {
      known = new Map()
      this.#joinedTemplates.set(joined, known)
    }
    let template = known.get(shape)
    if (template === undefined) {
      const links = joined.contributors.filter((item) => item instanceof HeldItem).map((item) => item.link)
      template = spanTemplate(shape, linkFields(links, joined.contributorCount))
      known.set(shape, template)
    }
    return template
  }

  #timeOf(ms: number): Uint8Array {
    const time = new Uint8Array(8)
    this.#clock.write(new DataView(time.buffer), 0, ms)
    return time
  }
}

/** Of an item that begins here, the span is that which its ids were given by, and over. */
function begun(held: HeldItem): HeldItem {
  held.own0 = held.span0
  held.own1 = held.span1
  held.startMs = performance.now()
  held.done = true
  return held
}

/** For a span of a trace that has a state. */
function inState(template: SpanTemplate, traceState: string | undefined): SpanTemplate {
  return traceState === undefined ? template : longerTemplate(template, traceStateField(traceState))
}

function cancelledField(reason: unknown): Uint8Array {
  return moreAttributes({ [attributeNames.cancelled]: true, [attributeNames.cancelReason]: asError(reason).message })
}

/** For what one item's span has in addition. */
function specialTemplate({ dropped }: HeldItem, shape: SpanShape, fields: readonly Field[]): SpanTemplate {
  return spanTemplate(shape, ...fields, ...(dropped ? [moreAttributes({ [attributeNames.itemDropped]: true })] : []))
}
