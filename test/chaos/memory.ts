import { setImmediate as turn } from 'node:timers/promises'

/** What the heap of this process holds after everything is collected that can be; started with `--expose-gc`. */
export async function heapBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await turn()
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed
}
