import { describe, expect, it } from 'vitest'
import type { ContextStatus } from '../../engine/context-status.ts'
import { TrafficTotals } from '../../engine/traffic.ts'

function context(sentCount: number | undefined, receivedCount: number | undefined, service = ''): ContextStatus {
  const sent = { count: sentCount ?? 0, bytes: 0, allowedCount: 0, allowedBytes: 0 }
  const received = { count: receivedCount ?? 0, waitingCount: 0, waitingBytes: 0, windowCount: 0, windowBytes: 0 }
  return {
    functionName: 'f',
    service,
    side: 'callee',
    waitsFor: 'x',
    ...(sentCount === undefined ? {} : { sent }),
    ...(receivedCount === undefined ? {} : { received }),
  }
}

describe('The traffic of an actor', () => {
  it('is what its open streams have carried, and those that have ended', () => {
    const totals = new TrafficTotals()
    totals.add(context(5, undefined))
    totals.add(context(1, 2))
    totals.add(context(undefined, undefined))
    const open = [context(100, undefined), context(undefined, 1_000)]
    expect(totals.with(open)).toEqual({ itemsIn: 1_002, itemsOut: 106 })
    // To ask changes nothing.
    expect(totals.with([])).toEqual({ itemsIn: 2, itemsOut: 6 })
  })

  it("leaves out the engine's own", () => {
    const totals = new TrafficTotals()
    totals.add(context(5, 5, 'registry'))
    expect(totals.with([context(5, 5, 'registry')])).toEqual({ itemsIn: 0, itemsOut: 0 })
  })
})
