import type { Socket } from 'node:net'

// What fits into a unix socket, which is then emptied by one read.
const bufferBytes = 256 * 1024

// One for all sockets of this thread: what was read is used up before anything else is read.
let buffer: Buffer | undefined

/** What a socket does for the option `onread`, which only those have that one makes oneself. */
interface ReadsIntoBuffer {
  readonly _handle?: { useUserBuffer?(buffer: Uint8Array): void } | null
  [ofNode: symbol]: unknown
}

/**
 * Has the socket read into memory that is used again for each read, and hand it to `onBytes` as it comes. By itself it takes
 * 64 KiB from the system for each read and leaves them to the collector, which is a third of the time of a stream of
 * large buffers.
 *
 * A version of node whose sockets are made differently goes on as it does by itself, with 'data' events. So do those bytes that
 * were read before.
 */
export function readIntoSharedBuffer(socket: Socket, onBytes: (bytes: Uint8Array) => void): void {
  const reader = socket as unknown as ReadsIntoBuffer
  const symbols = Object.getOwnPropertySymbols(socket)
  const keyOf = (name: string) => symbols.find((symbol) => symbol.description === name && reader[symbol] === null)
  const [bufferKey, callbackKey] = [keyOf('kBuffer'), keyOf('kBufferCb')]
  if (bufferKey === undefined || callbackKey === undefined || !reader._handle?.useUserBuffer) return
  buffer ??= Buffer.allocUnsafeSlow(bufferBytes)
  reader[bufferKey] = buffer
  reader[callbackKey] = (byteCount: number, bytes: Buffer) => onBytes(bytes.subarray(0, byteCount))
  reader._handle.useUserBuffer(buffer)
}
