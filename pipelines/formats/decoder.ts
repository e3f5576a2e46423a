import { PipelineError } from '../errors.ts'

/** Turns text that arrives in pieces of any size into items. Keeps the unfinished rest between calls. */
export interface Decoder<out T = unknown> {
  /** The items that this piece completes. Throws a `PipelineError` that names the line of what cannot be decoded. */
  push(text: string): T[]
  /** The items that the end of the text completes. */
  end(): T[]
}

/** The longest line or CSV record, in characters: a decoder keeps no more than this between two pieces. */
export const recordLengthLimit: number = 16 * 1024 * 1024

/** Throws when what is kept of an unfinished line or record is over the limit. */
export function assertRecordLength(length: number, name: string, line: number, hint = ''): void {
  if (length <= recordLengthLimit) return
  throw new PipelineError(`${name}:${line}: what begins here is longer than ${recordLengthLimit} characters${hint}`)
}
