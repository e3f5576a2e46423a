import type { ActorId, Hop } from '../../engine/index.ts'

/** An actor whose id can be told from its name. */
export function actorNamed(name: string): ActorId {
  return { name, id: `id-of-${name}` }
}

/** The hop of a stream of `items` from one actor to another. */
export function hopBetween(from: string, to: string): Hop {
  return { from: actorNamed(from), to: actorNamed(to), functionName: 'items' }
}
