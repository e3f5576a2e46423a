import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Figures } from '../fixtures/figures.ts'
import { openTreeBed } from '../support/tree.ts'

const program = join(import.meta.dirname, '../fixtures/programs/soaks.ts')
const grewBytes = 2 * 2 ** 20

type Sides = Readonly<Record<'caller' | 'callee', Figures>>
type Soak = Readonly<Record<'before' | 'fifth' | 'after', Sides>>

// Checks that no process, handle or run directory is left.
openTreeBed()

async function soak(spawn: string, calls: number, streams: number, contexts: number): Promise<Soak> {
  const args = ['--expose-gc', program, spawn, ...[calls, streams, contexts].map(String)]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    timeout: 50_000,
    killSignal: 'SIGKILL',
  })
  // Node warns there of too many listeners.
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Soak
}

/** All that is counted exactly. */
function countsOf({ caller, callee }: Sides): object {
  return { caller: { ...caller, heapBytes: 0 }, callee: { ...callee, heapBytes: 0 } }
}

describe('Calls that end in every way that there is', () => {
  it.for([
    ['process', 100_000, 10_000, 2_000],
    ['thread', 15_000, 1_500, 500],
    ['inline', 15_000, 1_500, 500],
  ] as const)(
    'leave nothing behind at either side: %s, %d calls, %d streams, %d contexts',
    async ([spawn, calls, streams, contexts]) => {
      const { before, fifth, after } = await soak(spawn, calls, streams, contexts)
      expect(countsOf(after)).toEqual(countsOf(before))
      for (const side of ['caller', 'callee'] as const) {
        const grew = after[side].heapBytes - fifth[side].heapBytes
        expect(grew, `the ${side}'s heap: ${JSON.stringify({ before, fifth, after })}`).toBeLessThan(grewBytes)
      }
    },
  )
})
