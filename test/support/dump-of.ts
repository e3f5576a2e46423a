import type { ActorDump } from '../../engine/dump.ts'
import type { ActorId } from '../../engine/errors.ts'

export const actor = (name: string): ActorId => ({ name, id: `${name}-id` })

/** The dump of an actor that does nothing. */
export function dumpOf(name: string, more: Partial<ActorDump> = {}): ActorDump {
  return {
    actor: actor(name),
    pid: 100,
    atMs: 0,
    addresses: [`unix:/run/${name}.sock`],
    residentBytes: 64 * 2 ** 20,
    draining: false,
    cancelled: false,
    taskCount: 0,
    listenerCount: 0,
    traffic: { itemsIn: 0, itemsOut: 0 },
    channels: [],
    children: [],
    ...more,
  }
}
