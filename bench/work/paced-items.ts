import { percentile } from '../harness/statistics.ts'
import { type SmallItem, smallItem, Tally, warmUp } from './small-items.ts'

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

// As long as a process's streams are new to it, code is compiled whenever one begins, on threads that take time from both ends.
const warmUpStreamCount = 4

/** How late the items of a stream are that `open` opens, after some that warm everything up. */
export async function latencyOf(
  open: (count: number) => AsyncIterable<SmallItem>,
  count: number,
): Promise<Record<string, number>> {
  for (let i = 0; i < warmUpStreamCount; i += 1) await delaysOf(open(warmUp(count)), warmUp(count))
  // Only these are sorted: after the others it would have the collector at work when the next stream begins.
  const delays = [...(await delaysOf(open(count), count))]
  return { p50Us: percentile(delays, 0.5), p99Us: percentile(delays, 0.99) }
}

/** In microseconds, of items that carry their times. */
async function delaysOf(items: AsyncIterable<SmallItem>, count: number): Promise<Float64Array> {
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
