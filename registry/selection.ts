import { type Capabilities, hostId, isSameHost, type Registration } from '../engine/index.ts'

/**
 * Which of several actors of one name: the `newest` (the default); `any` of them; the `nearest`, which is one in this process,
 * else one on this host, else any; or each in turn, from call to call (`round-robin`).
 */
export type Selection = 'newest' | 'any' | 'nearest' | 'round-robin'

/** Whether what an actor has is all that is asked for. */
export function hasCapabilities(has: Capabilities | undefined, wanted: Capabilities | undefined): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => {
    return has !== undefined && Object.hasOwn(has, key) && has[key] === value
  })
}

/** All of them, in the order in which they are to be tried; `all` is given with the newest first. */
export function inOrderOf(selection: Selection, all: readonly Registration[], turn: number): readonly Registration[] {
  switch (selection) {
    case 'newest':
      return all
    case 'any':
      return rotated(all, Math.floor(Math.random() * all.length))
    case 'nearest':
      return all.toSorted((a, b) => distanceOf(a) - distanceOf(b))
    case 'round-robin': {
      // By age, so that one that comes does not move the others.
      const byAge = all.toSorted((a, b) => a.startedAt - b.startedAt || (a.actor.id < b.actor.id ? -1 : 1))
      return rotated(byAge, turn % Math.max(1, all.length))
    }
  }
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  return [...list.slice(by), ...list.slice(0, by)]
}

/** How far away an actor is: in this process, on this host, elsewhere. */
function distanceOf(registration: Registration): number {
  if (!isHere(registration)) return 2
  return registration.pid === process.pid ? 0 : 1
}

/** Whether the actor is on the host of this process. */
export function isHere(registration: Registration): boolean {
  if (registration.hostId === undefined) return registration.host === process.getBuiltinModule('node:os').hostname()
  return isSameHost(registration.hostId, hostId())
}
