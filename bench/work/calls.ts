import { percentile } from '../harness/statistics.ts'
import { timed } from './figures.ts'
import { type SmallItem, smallItem, Tally, warmUp } from './small-items.ts'

type Call = (item: SmallItem) => Promise<SmallItem>

/**
 * Makes that many calls, so many at a time: each sends a small item, and has it back. After the warm-up they are timed, all
 * of them together and each by itself.
 */
export async function driveCalls(
  call: Call,
  { count, inFlight }: { count: number; inFlight: number },
): Promise<Record<string, number>> {
  await callMany(call, warmUp(count), inFlight)
  let latencies: readonly number[] = []
  const ms = await timed(async () => {
    latencies = await callMany(call, count, inFlight)
  })
  const us = (share: number) => percentile(latencies, share) * 1000
  return { callsPerSecond: (count * 1000) / ms, p50Us: us(0.5), p99Us: us(0.99) }
}

/** How long each took. Milliseconds. */
async function callMany(call: Call, count: number, inFlight: number): Promise<number[]> {
  const tally = new Tally()
  const latencies: number[] = []
  let next = 0
  const callOn = async () => {
    while (next < count) {
      const item = smallItem(next)
      next += 1
      const began = performance.now()
      const reply = await call(item)
      latencies.push(performance.now() - began)
      tally.add(reply)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, callOn))
  tally.check(count)
  return latencies
}
