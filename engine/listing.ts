import { inspect } from 'node:util'
import { UsageError } from './errors.ts'
import type { Capabilities } from './registration.ts'

/** How an actor is entered into the registry. */
export interface Listing {
  /** Whether its name is its own alone: of two actors that would have it, the second does not start (`NameTakenError`). */
  readonly unique?: boolean
  /** What it can do or where it is, by names of your choice; others may choose it by them: `{ gpu: true, zone: 'eu' }`. */
  readonly capabilities?: Capabilities
}

/** The part of an actor's options that is its listing. Throws `UsageError` for capabilities that cannot be compared. */
export function listingOf({ unique, capabilities }: Listing): Listing {
  const isPlain = typeof capabilities === 'object' && capabilities !== null && !Array.isArray(capabilities)
  if (capabilities !== undefined && !(isPlain && Object.values(capabilities).every(isComparable))) {
    throw new UsageError(`capabilities must be texts, numbers and booleans by name, not ${inspect(capabilities)}`)
  }
  return { ...(unique === true ? { unique } : {}), ...(capabilities === undefined ? {} : { capabilities }) }
}

function isComparable(value: unknown): boolean {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  )
}
