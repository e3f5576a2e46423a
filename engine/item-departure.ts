import type { ItemDeparture } from './interceptor.ts'

/** What a tracer is told of an item that leaves, and what it has it take along: one for all items of a stream, in turn. */
export class Departure implements ItemDeparture {
  itemNumber = 0
  creditWaitMs = 0
  trace0 = 0
  trace1 = 0
  trace2 = 0
  trace3 = 0
  span0 = 0
  span1 = 0
  traceState: string | undefined = undefined
  baggage: string | undefined = undefined

  /** Another item leaves. Its ids are written if it is followed; its texts only if it has any. */
  begin(itemNumber: number, creditWaitMs: number): void {
    this.itemNumber = itemNumber
    this.creditWaitMs = creditWaitMs
    this.traceState = undefined
    this.baggage = undefined
  }
}
