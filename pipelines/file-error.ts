import { PipelineError } from './errors.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is not a directory',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
}

/** What an error of the file system, or of decompression, means, in a few words. */
export function fileErrorReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  return reasons[code] ?? error.message
}

/** The error for a file that a source or sink cannot work with. `doing` is `cannot read` or `cannot write`. */
export function fileError(doing: string, name: string, error: unknown): PipelineError {
  if (error instanceof PipelineError) return error
  return new PipelineError(`${doing} '${name}': ${fileErrorReason(error)}`, { cause: error })
}
