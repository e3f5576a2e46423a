import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Ends a while after it has given up by itself, with what it knows. */
const endsWithinMs = 300_000

/** Runs the program for so long; resolves to how it ended, with all that it wrote if that was badly. */
function chaos(seconds: number, seed: number): Promise<string> {
  const args = ['--expose-gc', join(import.meta.dirname, 'chaos.ts'), '--seconds', `${seconds}`, '--seed', `${seed}`]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: endsWithinMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      resolve(error === null ? 'clean' : `${error.message}\n${stdout}\n${stderr}`)
    })
  })
}

describe('A tree whose processes are killed, frozen and cut off', () => {
  it(
    'loses no item, leaves nobody waiting and nothing behind',
    async () => {
      // `npm run test:chaos -- --seconds 600` is the same for longer, each time with another seed.
      expect(await chaos(10, 20)).toBe('clean')
    },
    endsWithinMs + 5_000,
  )
})
