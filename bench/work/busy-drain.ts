import { type SmallItem, Tally } from './small-items.ts'

const workMs = 0.02
const timerMs = [1, 2, 3, 4, 5] as const

function work(): void {
  const until = performance.now() + workMs
  while (performance.now() < until);
}

/** Works a little for each item, while timers run: by how much was the worst of them late? */
export async function drainBusily(items: AsyncIterable<SmallItem>, count: number): Promise<Record<string, number>> {
  let worstDelayMs = 0
  let timer: NodeJS.Timeout | undefined
  let dueMs = 0
  const setTimer = (turn: number) => {
    const ms = timerMs[turn % timerMs.length] as number
    dueMs = performance.now() + ms
    timer = setTimeout(() => {
      worstDelayMs = Math.max(worstDelayMs, performance.now() - dueMs)
      setTimer(turn + 1)
    }, ms)
  }
  setTimer(0)
  const tally = new Tally()
  const began = performance.now()
  for await (const item of items) {
    work()
    tally.add(item)
  }
  const ms = performance.now() - began
  clearTimeout(timer)
  // One that had no turn at all has not been heard of yet.
  worstDelayMs = Math.max(worstDelayMs, performance.now() - dueMs)
  tally.check(count)
  return { worstDelayMs, itemsPerSecond: (count * 1000) / ms }
}
