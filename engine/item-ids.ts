import type { ItemArrival, ItemDeparture, TraceIds } from './interceptor.ts'

/** What travels with an item: as yet the trace of none. */
class ItemIds implements TraceIds {
  itemNumber = 0
  trace0 = 0
  trace1 = 0
  trace2 = 0
  trace3 = 0
  span0 = 0
  span1 = 0
  traceState: string | undefined = undefined
  baggage: string | undefined = undefined
}

/** What a tracer is told of an item that leaves, and what it has it take along: one for all items of a stream, in turn. */
export class Departure extends ItemIds implements ItemDeparture {
  sentMs = 0
  creditWaitMs = 0

  /** Another item leaves. Its ids are written if it is followed; its texts only if it has any. */
  begin(itemNumber: number, sentMs: number, creditWaitMs: number): void {
    this.itemNumber = itemNumber
    this.sentMs = sentMs
    this.creditWaitMs = creditWaitMs
    this.traceState = undefined
    this.baggage = undefined
  }
}

/** What a tracer is told of an item that has come, and what that brought along: one for all items of a stream, in turn. */
export class Arrival extends ItemIds implements ItemArrival {
  arrivedMs = 0
}
