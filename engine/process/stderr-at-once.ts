import { writeToStderr } from '../log-output.ts'

type Callback = () => void

/**
 * Has this process write what it prints on stderr at once, and not by and by: its parent reads it as fast as it can be shown.
 * Nothing of it waits in memory, all of it is there if the process crashes, and a burst is slowed down. What nobody reads for
 * a second is lost, and is told when there is a reader again.
 */
export function writeStderrAtOnce(tell: (lostCount: number) => void): void {
  let lostCount = 0
  const write = (chunk: string | Uint8Array, encoding?: BufferEncoding | Callback, done?: Callback): boolean => {
    const bytes = typeof chunk === 'string' && typeof encoding === 'string' ? Buffer.from(chunk, encoding) : chunk
    if (!writeToStderr(bytes)) lostCount += 1
    else if (lostCount > 0) {
      const count = lostCount
      lostCount = 0
      tell(count)
    }
    const callback = typeof encoding === 'function' ? encoding : done
    if (callback !== undefined) process.nextTick(callback)
    return true
  }
  process.stderr.write = write
  process.on('exit', () => {
    if (lostCount > 0) tell(lostCount)
  })
}
