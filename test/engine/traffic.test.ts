import { describe, expect, it } from 'vitest'
import { type Streaming, TrafficTotals } from '../../engine/traffic.ts'

/** A stream that has sent and received so many items of 10 bytes, in batches of 5; 3 of them wait, and 7 more may be sent. */
function context(
  sentCount: number | undefined,
  receivedCount: number | undefined,
  { service = '', peer = 'words#1', functionName = 'output' } = {},
): Streaming {
  const counts = (count = 0) => ({ count, bytes: count * 10, batchCount: Math.ceil(count / 5) })
  const sent = { ...counts(sentCount), allowedCount: (sentCount ?? 0) + 7, allowedBytes: 10 * (sentCount ?? 0) + 70 }
  const received = { ...counts(receivedCount), waitingCount: 3, waitingBytes: 30, windowCount: 0, windowBytes: 0 }
  return {
    functionName,
    service,
    peer,
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
    totals.add(context(5, 5, { service: 'registry' }))
    expect(totals.with([context(5, 5, { service: 'registry' })])).toEqual({ itemsIn: 0, itemsOut: 0 })
  })

  it('is told edge by edge, and what waits and may be sent is that of the open streams', () => {
    const totals = new TrafficTotals()
    totals.add(context(5, undefined))
    totals.add(context(10, undefined, { peer: 'report' }))
    const edges = totals.edges([context(100, undefined), context(undefined, 20, { functionName: 'lines' })])
    const now = { queuedCount: 0, queuedBytes: 0, creditCount: 0, creditBytes: 0 }
    const output = { functionName: 'output', direction: 'out' }
    expect(edges).toEqual([
      {
        ...output,
        peer: 'words',
        openCount: 1,
        itemCount: 105,
        byteCount: 1_050,
        batchCount: 21,
        ...now,
        creditCount: 7,
        creditBytes: 70,
      },
      { ...output, peer: 'report', openCount: 0, itemCount: 10, byteCount: 100, batchCount: 2, ...now },
      {
        functionName: 'lines',
        direction: 'in',
        peer: 'words',
        openCount: 1,
        itemCount: 20,
        byteCount: 200,
        batchCount: 4,
        ...now,
        queuedCount: 3,
        queuedBytes: 30,
      },
    ])
  })

  it('has one edge to the actors of a stage, whatever their numbers, and so has room for others after thousands of them', () => {
    const totals = new TrafficTotals()
    for (let i = 1; i <= 1_000; i++) totals.add(context(1, undefined, { peer: `job#${i}` }))
    const edges = totals.edges([context(2, undefined, { peer: 'job#1001' }), context(3, undefined, { peer: 'report' })])
    expect(edges.map(({ peer, itemCount, openCount }) => ({ peer, itemCount, openCount }))).toEqual([
      { peer: 'job', itemCount: 1_002, openCount: 1 },
      { peer: 'report', itemCount: 3, openCount: 1 },
    ])
  })

  it('counts together the edges of more peers than it has room for', () => {
    const totals = new TrafficTotals()
    for (let i = 0; i < 1_000; i++) totals.add(context(1, undefined, { peer: `guest ${i}` }))
    const edges = totals.edges([])
    expect(edges).toHaveLength(257)
    expect(edges.at(-1)).toMatchObject({ peer: 'other', functionName: 'other', itemCount: 744 })
    expect(totals.with([])).toEqual({ itemsIn: 0, itemsOut: 1_000 })
  })
})
