/** Says what a contender measured, as its last word. */
export function report(figures: Readonly<Record<string, number>>): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}

/** How long something took. Milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/** A stream's figures: how many of its items, and how many megabytes, a second brought. */
export function rates(count: number, ms: number, itemBytes = 0): Record<string, number> {
  const itemsPerSecond = (count * 1000) / ms
  return itemBytes === 0 ? { itemsPerSecond } : { itemsPerSecond, mbPerSecond: (itemsPerSecond * itemBytes) / 1e6 }
}
