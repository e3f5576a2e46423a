import { readSync } from 'node:fs'
import type { BootSpec } from '../boot-spec.ts'
import type { Tree } from '../tree.ts'

/** The file descriptor of the parent link in an actor's process. */
export const parentLinkFd = 3

/** What a process that was told to prepare says when it has: all that it ever says before it is somebody. */
export const readyMark = 'r'

const lengthBytes = 4

// There is no Infinity in JSON; as a limit, this is as good.
const finite = (_key: string, value: unknown): unknown => (value === Infinity ? Number.MAX_VALUE : value)

/** What a process is told first: who it is to be; or, before that, that it has time, and in which tree it will be. */
export type BootLetter = { readonly spec: BootSpec } | { readonly prepareFor: Tree }

/**
 * A letter to a new process, over its parent link: `u32 length | JSON`. After the one that says who it is come the bytes of
 * the channel. Not in the environment, which is everybody's whom the actor starts, and is there before that is known.
 */
export function packBootLetter(letter: BootLetter): Uint8Array {
  const text = Buffer.from(JSON.stringify(letter, finite))
  const length = Buffer.allocUnsafe(lengthBytes)
  length.writeUInt32BE(text.byteLength)
  return Buffer.concat([length, text])
}

/**
 * Waits for a letter; nothing else happens in this process meanwhile. Undefined if the link has ended without one: the
 * parent has gone, or has no use for this process.
 */
export function readBootLetter(fd: number = parentLinkFd): BootLetter | undefined {
  const length = readExactly(fd, lengthBytes)
  const text = length === undefined ? undefined : readExactly(fd, length.readUInt32BE())
  return text === undefined ? undefined : (JSON.parse(text.toString()) as BootLetter)
}

// No more than that: what follows is the channel's.
function readExactly(fd: number, byteCount: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(byteCount)
  for (let at = 0; at < byteCount; ) {
    const count = readSync(fd, bytes, at, byteCount - at, null)
    if (count === 0) return undefined
    at += count
  }
  return bytes
}
