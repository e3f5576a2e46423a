import { Socket } from 'node:net'

// More than a unix socket holds, by Linux's default: it is then emptied by one read.
const bufferBytes = 256 * 1024

/** A socket, as node reads for it. */
interface ReadingSocket {
  readonly _handle?: { useUserBuffer?(buffer: Uint8Array): void } | null
  [key: symbol]: unknown
}

/** The memory that is used again, and where a socket has it and whom it is for. */
interface SharedBuffer {
  readonly buffer: Buffer
  readonly bufferKey: symbol
  readonly callbackKey: symbol
}

// Of this thread: nothing else is read while what was read is being used. Null if there can be none.
let shared: SharedBuffer | null | undefined

/** What `onread` does to a socket. It is a documented option, but only for sockets that one makes oneself. */
function openSharedBuffer(): SharedBuffer | null {
  const buffer = Buffer.allocUnsafeSlow(bufferBytes)
  const callback = () => true
  const model = new Socket({ onread: { buffer, callback } })
  const values = model as unknown as ReadingSocket
  const keyOf = (value: unknown) => Object.getOwnPropertySymbols(model).find((key) => values[key] === value)
  const [bufferKey, callbackKey] = [keyOf(buffer), keyOf(callback)]
  return bufferKey === undefined || callbackKey === undefined ? null : { buffer, bufferKey, callbackKey }
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
  if (shared === undefined) shared = openSharedBuffer()
  const reading = socket as unknown as ReadingSocket
  if (shared === null || !reading._handle?.useUserBuffer) return
  const { buffer, bufferKey, callbackKey } = shared
  reading[bufferKey] = buffer
  reading[callbackKey] = (byteCount: number) => onBytes(buffer.subarray(0, byteCount))
  reading._handle.useUserBuffer(buffer)
}
