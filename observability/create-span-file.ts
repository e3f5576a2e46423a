import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { lockRecording, type RecordingLock } from './recording-lock.ts'

/** What the first line of a recording begins with. */
const recordingStart = '{"resourceSpans":'

/**
 * Makes the file that the actors of a run will append their spans to, or finds the recording of an earlier run there. Returns
 * its whole path, since an actor's folder need not be that of the program. Throws an Error if it cannot be written, and for a
 * file that is something else: a slip of the hand must not cost anybody's data.
 */
export function createSpanFile(file: string): string {
  closeSync(openSpanFile(file))
  return resolve(file)
}

/**
 * Empties the file for a run that begins, and keeps others from it until the lock is released. Throws an Error if another
 * process records to it, and as `createSpanFile` does.
 */
export async function beginRecording(path: string): Promise<RecordingLock> {
  const descriptor = openSpanFile(path)
  try {
    const lock = await lockRecording(realpathSync(path))
    ftruncateSync(descriptor)
    return lock
  } finally {
    closeSync(descriptor)
  }
}

function openSpanFile(file: string): number {
  const descriptor = tryOpen(file)
  try {
    const status = fstatSync(descriptor)
    if (!status.isFile()) throw new Error(`${file} is no regular file`)
    if (status.size > 0 && !isRecording(descriptor)) {
      throw new Error(`${file} is there, and is no recording of traces: it is left as it is`)
    }
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

function tryOpen(file: string): number {
  try {
    return openSync(file, 'a+', 0o644)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const folder = dirname(resolve(file))
    const why = existsSync(folder) ? (reasons[code ?? ''] ?? message) : `there is no folder ${folder}`
    throw new Error(`cannot record to ${file}: ${why}`, { cause: error })
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'it may not be written (EACCES)',
  EISDIR: 'it is a folder (EISDIR)',
}

function isRecording(descriptor: number): boolean {
  const start = Buffer.alloc(recordingStart.length)
  readSync(descriptor, start, 0, start.length, 0)
  return start.toString('latin1') === recordingStart
}
