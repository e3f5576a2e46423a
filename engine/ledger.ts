import type { ActorId } from './errors.ts'
import type { Registration } from './registration.ts'

/** What a ledger may be told of an actor by whoever started it. */
export type LedgerNote =
  /** It is up and ready for calls. */
  | { readonly kind: 'started'; readonly actor: ActorId; readonly parent: ActorId }
  /** It is up again in the place of `previous`, for the `restartCount`-th time. */
  | {
      readonly kind: 'restarted'
      readonly actor: ActorId
      readonly parent: ActorId
      readonly previous: ActorId
      readonly restartCount: number
    }
  /** It has ended unasked, or its function threw. */
  | { readonly kind: 'failed'; readonly actor: ActorId; readonly parent: ActorId; readonly why: string }

/** Something that happened to an actor. */
export type LedgerEvent =
  | LedgerNote
  /** It can be found. */
  | { readonly kind: 'registered'; readonly actor: ActorId; readonly registration: Registration }
  /** It has let go of its lease. */
  | { readonly kind: 'left'; readonly actor: ActorId }
  /** Its lease was not renewed, or it was found dead: `why` says which. */
  | { readonly kind: 'expired'; readonly actor: ActorId; readonly why: string }
  /**
   * From `sinceMs` to the time of the entry the process of `actor` could not reach the ledger; so many entries of its own it lost.
   * Without a count: whoever reads was too slow, and entries of anybody were removed before it came to them.
   */
  | {
      readonly kind: 'gap'
      readonly actor: ActorId
      readonly sinceMs: number
      readonly missedCount: number | undefined
    }

/** An event as the ledger keeps it. */
export type LedgerEntry = LedgerEvent & {
  /** Where it is in the ledger: a later entry has a greater one. Opaque otherwise. */
  readonly position: string
  /** Milliseconds since the epoch, by the clock of the registry. */
  readonly atMs: number
}

/** Which entries of the ledger are read. */
export interface LedgerOptions {
  /** Those from that time on, in milliseconds since the epoch; by default all that are kept. */
  readonly sinceMs?: number
  /** Whether to go on with what comes, until the reader leaves or is cancelled. */
  readonly follow?: boolean
  /** Those of actors whose name fits: `*` stands for any text, `?` for any character. */
  readonly actor?: string
}
