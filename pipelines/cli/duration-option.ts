import { InvalidArgumentError } from 'commander'
import { parseDuration } from './duration.ts'

/** The value of an option that is a duration, in milliseconds. Throws what the command line reports. */
export function readDuration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('It is a duration, as 500ms, 5s or 2m.')
  return ms
}

/** After how long without progress something counts as stalled, in milliseconds. */
export function readStallAfter(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms === 0) throw new InvalidArgumentError('It is a duration, as 30s or 2m.')
  return ms
}
