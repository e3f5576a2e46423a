import { closeSync, fstatSync, ftruncateSync, openSync, readSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { lockRecording } from './recording-lock.ts'

/** What the first line of a recording begins with. */
const recordingStart = '{"resourceSpans":'

/**
 * Makes the file that the actors of a run will append their spans to: new, or emptied if it is a recording of an earlier
 * run. Returns its whole path, since an actor's folder need not be that of the program. Throws if it cannot be written, and
 * for a file that is something else: a slip of the hand must not cost anybody's data. Nor may another process record to it now.
 */
export function createSpanFile(file: string): string {
  const path = resolve(file)
  const descriptor = openSync(path, 'a+', 0o644)
  try {
    const status = fstatSync(descriptor)
    if (!status.isFile()) throw new Error(`${file} is no regular file`)
    if (status.size > 0 && !isRecording(descriptor)) {
      throw new Error(`${file} is there, and is no recording of traces: it is left as it is`)
    }
    lockRecording(realpathSync(path))
    ftruncateSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  return path
}

function isRecording(descriptor: number): boolean {
  const start = Buffer.alloc(recordingStart.length)
  readSync(descriptor, start, 0, start.length, 0)
  return start.toString('latin1') === recordingStart
}
