import { inspect } from 'node:util'
import { UsageError } from './errors.ts'

// Memory that was given away: marked by its sender, and, once it is the engine's alone, moved on by it.
const given = new WeakSet<ArrayBufferLike>()

/**
 * Gives bytes away with the item, argument or result that they are sent in: `yield { id, bytes: transfer(bytes) }`. Their sender
 * must not use them any more. From 8 KiB up, and where they have a memory of their own, they are taken out of the array,
 * which is empty once the value was handed over; an actor in another thread of the process gets that same memory, without a
 * copy. Smaller arrays, parts of a larger memory and shared memory are copied as ever.
 *
 * Returns the same array. Throws `UsageError` for what is no byte array.
 */
export function transfer<T extends Uint8Array>(bytes: T): T {
  if (!(bytes instanceof Uint8Array))
    throw new UsageError(`transfer takes a Buffer or Uint8Array, not ${inspect(bytes)}`)
  const { buffer } = bytes
  if (buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength) given.add(buffer)
  return bytes
}

/** Bytes that were given away, in an array that is the engine's alone; others as they are. */
export function takeGiven(bytes: Uint8Array): Uint8Array {
  const { buffer } = bytes
  if (!given.has(buffer)) return bytes
  const taken = (buffer as ArrayBuffer).transfer()
  given.add(taken)
  return Buffer.isBuffer(bytes) ? Buffer.from(taken) : new Uint8Array(taken)
}

/** Whether these bytes may be moved to another thread: nobody here will look at them again. */
export function isGiven(bytes: Uint8Array): boolean {
  return given.has(bytes.buffer)
}
