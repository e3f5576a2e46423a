// Many streams at once between two actors, over the one channel that there is.
//
// fairness.ts --count N [--streams N] [--stalled N] [--source async|sync]
import { parseArgs } from 'node:util'
import { type MessageStream, openNursery, run } from 'actorflow'
import { rates, report } from '../work/figures.ts'
import { type SmallItem, Tally, warmUp } from '../work/small-items.ts'
import { source } from './sources.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    streams: { type: 'string', default: '10' },
    stalled: { type: 'string', default: '0' },
    source: { type: 'string', default: 'async' },
  },
})
const streamCount = Number(values.streams)
// More than fits into any window, so that a stream that is not read comes to a stop.
const stalledCount = 1_000_000

/** Drains them all at once. The slowest one's share is how far it was, beside the others, when the first had ended. */
async function drainAll(open: (count: number) => AsyncIterable<SmallItem>, countEach: number) {
  const received = new Float64Array(streamCount)
  let whenFirstEnded: Float64Array | undefined
  const drain = async (index: number) => {
    const tally = new Tally()
    for await (const item of open(countEach)) {
      tally.add(item)
      received[index] = (received[index] as number) + 1
    }
    tally.check(countEach)
    whenFirstEnded ??= received.slice()
  }
  const began = performance.now()
  await Promise.all(received.keys().map(drain))
  const ms = performance.now() - began
  const counts = whenFirstEnded ?? received
  const mean = counts.reduce((sum, each) => sum + each, 0) / streamCount
  return { ...rates(countEach * streamCount, ms), slowestShare: Math.min(...counts) / mean }
}

async function main() {
  await openNursery(async (nursery) => {
    const portal = await nursery.startActor('source', source)
    const open = (count: number) => portal.stream(values.source as 'async' | 'sync', count)
    const stalled: MessageStream<SmallItem>[] = []
    for (let i = 0; i < Number(values.stalled); i += 1) stalled.push(open(stalledCount))
    await Promise.all(stalled.map((stream) => stream.next()))
    const countEach = Math.ceil(Number(values.count) / streamCount)
    await drainAll(open, warmUp(countEach))
    report(await drainAll(open, countEach))
    await Promise.all(stalled.map((stream) => stream.return()))
    await portal.cancelActor()
  })
}

await run(main)
