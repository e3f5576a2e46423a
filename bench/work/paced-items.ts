import { percentile } from '../harness/statistics.ts'
import { type SmallItem, smallItem, Tally } from './small-items.ts'

/** A clock that all processes of a host have in common. Microseconds. */
function nowUs(): number {
  return Number(process.hrtime.bigint()) / 1000
}

// The event loop goes round meanwhile: a timer knows only whole milliseconds, and a loop would hold everything up.
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Small items one by one, each at its time, which it carries. Whoever holds it up does not put off the times of the next. */
export async function* pacedItems(count: number, perSecond: number): AsyncGenerator<SmallItem> {
  const began = Math.ceil(nowUs())
  for (let id = 0; id < count; id += 1) {
    const dueUs = began + Math.ceil((id * 1e6) / perSecond)
    while (nowUs() < dueUs) await turn()
    yield { ...smallItem(id), ts: dueUs }
  }
}

/** How late the items arrive that carry their times. Microseconds. */
export async function delaysOf(items: AsyncIterable<SmallItem>, count: number): Promise<Float64Array> {
  const tally = new Tally()
  const delays = new Float64Array(count)
  let received = 0
  for await (const item of items) {
    delays[received] = nowUs() - item.ts
    received += 1
    tally.add(item)
  }
  tally.check(count)
  return delays
}

// Not of those that only warm up: to sort them has the collector at work when the next stream begins.
export function latencyOf(delays: Float64Array): Record<string, number> {
  const all = [...delays]
  return { p50Us: percentile(all, 0.5), p99Us: percentile(all, 0.99) }
}
