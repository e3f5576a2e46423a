import { defineActor } from 'actorflow'

function* items(): Generator<string> {
  yield 'item'
}

/** As little as an actor can be. */
export const starter = defineActor(import.meta.url, { items })
