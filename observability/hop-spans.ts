import type { Context } from '@opentelemetry/api'
import type { ActorId, Hop, ItemArrival, ItemDeparture } from '../engine/index.ts'

/** An item that leaves, and what it takes along. */
export type Departing = Omit<ItemDeparture, 'baggage'>

/**
 * What becomes of the sampled items of an actor: the two spans of each hop. What `received` gives out is held by the task
 * that has the item, and comes back as `held`. None of it waits or throws.
 */
export interface HopSpans {
  /**
   * An item leaves: the span of that is a child of the held item's, or the first of a trace where none is held. What was made
   * of several items begins a trace with links to theirs, or is a child of the one that it names. Writes the ids to send along
   * to the departure; false if it is not recorded.
   */
  sent(hop: Hop, held: unknown, departure: Departing): boolean
  /** An item begins here, or was made of several, and goes to several readers. What is sent of it is a child of this. */
  created(actor: ActorId, held: unknown): object | undefined
  /** An item has come. Undefined if its trace is not to be followed. */
  received(hop: Hop, arrival: Omit<ItemArrival, 'baggage'>): object | undefined
  /** The item was pulled ahead, and only now comes to who deals with it. Counts once. */
  taken(held: unknown): void
  /**
   * Stands for an item whose processing is the span of this context, which is made elsewhere: what is sent while it is held
   * is a child of that span.
   */
  standIn(context: Context): object
  /** Nothing will come of the item that was received. */
  dropped(held: unknown): void
  /** The consumer has left its stream with the item in hand, for whatever reason. */
  left(held: unknown): void
  /** The item that was received has been dealt with, failed with `error`, or was cancelled by it. Counts once. */
  done(held: unknown, error?: unknown, cancelled?: boolean): void
  /** No more is to be told of any item: ends the spans that wait for it. */
  close(): void
}
