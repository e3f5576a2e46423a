import type { Writable } from 'node:stream'

/**
 * Keeps a reader that has gone (`| head`) from ending the process as an uncaught error. Any other failure of the stream is
 * handed on.
 */
export function survivePipeErrors(stream: Writable, failed: (error: Error) => void): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') failed(error)
  })
}
