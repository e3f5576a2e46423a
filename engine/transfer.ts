import { inspect } from 'node:util'
import { UsageError } from './errors.ts'

// Memory that was given away: marked by its sender, and, once it is the engine's alone, moved on by it.
const given = new WeakSet<ArrayBufferLike>()

/**
 * Gives bytes away with the item, argument or result that they are sent in: `yield { id, bytes: transfer(bytes) }`. From 8 KiB
 * up they are taken out of the array, which is empty once the value was handed over, and an actor in another thread
 * of the process gets that same memory, without a copy. Actors in other processes get a copy, as ever; smaller arrays stay
 * as they are.
 *
 * Returns the same array. Throws `UsageError` if the array is not all of its own memory: a part of a larger one (as small
 * `Buffer`s are), or one that is shared.
 */
export function transfer<T extends Uint8Array>(bytes: T): T {
  if (!(bytes instanceof Uint8Array))
    throw new UsageError(`transfer takes a Buffer or Uint8Array, not ${inspect(bytes)}`)
  if (!(bytes.buffer instanceof ArrayBuffer)) throw new UsageError('transfer cannot give shared memory away')
  if (bytes.byteLength !== bytes.buffer.byteLength) {
    throw new UsageError(
      `transfer cannot give away ${bytes.byteLength} bytes of a memory of ${bytes.buffer.byteLength}: copy them first`,
    )
  }
  given.add(bytes.buffer)
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
