import { inspect } from 'node:util'
import type { ActiveTrace } from '../engine/index.ts'
import type { ActorFigures } from './wiring.ts'

/** Where in a stage an error came from; travels with the error as a field of its own. */
export interface Blame {
  /** The place in the document, `file:line:column`. */
  readonly location?: string
  /** The item in hand, as text. */
  readonly item?: string
  readonly itemNumber?: number
  /** How far the actor had come. */
  readonly figures?: ActorFigures
  /** The span of the item in hand, if that is sampled. */
  readonly trace?: ActiveTrace
}

const field = 'flowBlame'

/**
 * Notes on an error where it came from, unless something further inside has noted it already. What was thrown stays what
 * it is; something that is no Error is wrapped in one.
 */
export function blame(thrown: unknown, where: Blame): Error {
  const error = thrown instanceof Error ? thrown : new Error(`thrown: ${inspect(thrown)}`, { cause: thrown })
  if (!(field in error) && Object.isExtensible(error)) {
    Object.defineProperty(error, field, { value: where, enumerable: true, configurable: true })
  }
  return error
}

/** Adds to what was noted what is known of the actor as a whole. */
export function blameWithActor(thrown: unknown, known: Pick<Blame, 'figures' | 'trace'>): Error {
  const error = blame(thrown, {})
  if (field in error && Object.isExtensible(error)) {
    const noted = error[field] as Blame
    Object.defineProperty(error, field, { value: { ...noted, ...known }, enumerable: true, configurable: true })
  }
  return error
}

/** What was noted, from the fields that came over the wire with the error. */
export function blameIn(fields: Readonly<Record<string, unknown>>): Blame {
  const noted = fields[field]
  return typeof noted === 'object' && noted !== null ? noted : {}
}

/** What was thrown has those fields without what was noted. */
export function withoutBlame({
  [field]: _noted,
  ...fields
}: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return fields
}

/** An item as text for an error message; short, whatever the item is. */
export function previewItem(item: unknown): string {
  const text = inspect(item, { depth: 3, breakLength: Infinity, maxStringLength: 200, maxArrayLength: 10 })
  return text.length > 400 ? `${text.slice(0, 400)}…` : text
}
