import type { Writable } from 'node:stream'

/** A stream of another program's making that a sink writes text to. Disposing it leaves the stream open. */
export interface Output extends AsyncDisposable {
  /**
   * Writes, and waits until the stream has passed it on. Resolves to false when its reader has gone: nothing more is wanted.
   * Rejects with another error of the stream's, and with the signal's reason when that aborts.
   */
  write(text: string): Promise<boolean>
}

/** Codes of a stream whose reader has gone. */
const goneCodes: ReadonlySet<string> = new Set([
  'EPIPE',
  'ECONNRESET',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
])

/**
 * Takes a stream in use. Each write waits for itself, so that there is nothing to wait for when it is disposed of. `beginWait` is
 * told of each of these waits, which is over when its result is called.
 */
export function openOutput(stream: Writable, signal: AbortSignal, beginWait?: () => () => void): Output {
  // Errors come to the callbacks of the writes; without a listener they would end the process as well.
  const ignore = (): void => {}
  stream.on('error', ignore)
  let gone = false

  async function write(text: string): Promise<boolean> {
    signal.throwIfAborted()
    if (gone || text === '') return !gone
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort)
    const endWait = beginWait?.()
    stream.write(text, (error) => (error ? reject(error) : resolve()))
    try {
      await promise
      return true
    } catch (error) {
      gone = isGone(error)
      if (gone) return false
      throw error
    } finally {
      endWait?.()
      signal.removeEventListener('abort', abort)
    }
  }

  return {
    write,
    [Symbol.asyncDispose]: async () => {
      // The error event comes after the callback: a stream that has failed keeps its listener.
      if (!gone && !stream.destroyed) stream.off('error', ignore)
    },
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && goneCodes.has(String(error.code))
}
