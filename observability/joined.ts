import type { JoinedItems } from '../engine/index.ts'

/** True if what a task holds is the trace of what was made of several items. */
export function isJoined(held: unknown): held is JoinedItems {
  return typeof held === 'object' && held !== null && 'contributorCount' in held
}
