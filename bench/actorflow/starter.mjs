// The same as starter.ts, for who has no types.
import { defineActor } from 'actorflow'

function* items() {
  yield 'item'
}

export const starter = defineActor(import.meta.url, { items })
