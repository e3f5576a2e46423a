import type { TreeBed } from './tree.ts'

// A machine on which nothing begins within that is not slow but stuck.
const longestMs = 10_000
let attemptCount = 0

/**
 * Has a time limit strike what is under way, however slow the machine is: `attempt` is made with a short limit, and again
 * with twice that and another name for its notes, while it was not under way when it ended: when nothing had noted that it
 * had begun, by default. What came of the last one, and its notes.
 */
export async function strikeUnderWay<T>(
  bed: Pick<TreeBed, 'readNotes'>,
  attempt: (limitMs: number, name: string) => Promise<T>,
  isUnderWay: (lines: readonly string[]) => boolean = (lines) => lines.some((line) => line.endsWith('begun')),
): Promise<{ value: T; lines: string[] }> {
  for (let limitMs = 40; ; limitMs *= 2) {
    const name = `attempt ${(attemptCount += 1)}`
    const [made] = await Promise.allSettled([attempt(limitMs, name)])
    const lines = await bed.readNotes(name)
    if (!isUnderWay(lines) && limitMs < longestMs) continue
    if (made.status === 'rejected') throw made.reason
    return { value: made.value, lines }
  }
}
