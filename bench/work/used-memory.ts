import { setTimeout as delay } from 'node:timers/promises'

export interface UsedMemory {
  readonly heapBytes: number
  readonly residentBytes: number
}

/** What this process uses when all that nobody needs is gone. Needs `--expose-gc`. */
export async function usedMemory(): Promise<UsedMemory> {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('start node with --expose-gc')
  // What one collection finds to be let go of, the next one collects.
  for (let i = 0; i < 3; i += 1) {
    await delay(20)
    gc()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heapBytes: heapUsed + external, residentBytes: rss }
}
