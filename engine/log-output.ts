import { writeSync } from 'node:fs'
import { loadThreads } from './late-builtins.ts'

/** What is in front of a line on the stderr of a process whose parent reads that: the rest is an entry of a log, as JSON. */
export const recordMark = '\x1e'
/** The same for a line that is to come out at the root as it is. */
export const verbatimMark = '\x1f'

// What has no end of line by then is cut: whoever prints without one must not fill the process that reads it.
export const longestLineChars: number = 1024 * 1024

let parentReads = false

/** From now on the parent reads this process's stderr, and shows it. Threads of the process are told with their own boot. */
export function leaveOutputToParent(): void {
  parentReads = true
}

export function isOutputLeftToParent(): boolean {
  return parentReads
}

/** Writes whole lines to the program's stderr, in order with the log and by whichever way that goes. */
export function writeVerbatim(line: string): void {
  writeLine(parentReads ? `${verbatimMark}${line}` : line)
}

/** In the main thread the process's own stream is synchronous, and a program that draws on the terminal watches it. */
export function writeLine(line: string): void {
  if (loadThreads().isMainThread) process.stderr.write(line)
  else writeToStderr(line)
}

const stderrFd = 2
const mostTries = 1_000
const sleeper = new Int32Array(new SharedArrayBuffer(4))
// Nobody has read for so long: until somebody does, nothing is waited for again.
let stuck = false

/**
 * Writes to the process's stderr past its stream: a thread's own goes through the main thread, and that of a pipe keeps what
 * does not fit in memory, without end. Written when it returns, whatever happens next. False if nobody reads: if nothing of
 * it could be written for a second, it is lost.
 */
export function writeToStderr(text: string | Uint8Array): boolean {
  let rest = Buffer.from(text as string)
  for (let tries = 0; rest.byteLength > 0; ) {
    try {
      rest = rest.subarray(writeSync(stderrFd, rest))
      tries = 0
    } catch (error) {
      // Closed, or gone: there is nobody to tell.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return true
      tries += 1
      if (stuck || tries === mostTries) {
        stuck = true
        return false
      }
      Atomics.wait(sleeper, 0, 0, 1)
    }
  }
  stuck = false
  return true
}
