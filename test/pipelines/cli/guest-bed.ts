import { Writable } from 'node:stream'
import { expect } from 'vitest'
import type { ActorDump, Registration } from '../../../engine/index.ts'
import type { Guest, GuestPortal } from '../../../pipelines/cli/guest.ts'
import type { VisitHost } from '../../../pipelines/cli/visit.ts'
import { MemoryRegistry } from '../../../registry/index.ts'

/** An actor that is registered, as a command finds it. */
export interface KnownActor {
  readonly registration: Registration
  readonly portal?: Partial<GuestPortal>
  /** What it answers when it is asked for a dump; an error is thrown. */
  readonly dumps?: readonly (ActorDump | Error)[]
  /** Who is in the registry that it holds; an error is thrown; it holds none where this is absent. */
  held?: readonly Registration[] | Error
}

/** A registration of an actor with nothing special about it. */
export function registrationOf(name: string, more: Partial<Registration> = {}): Registration {
  return {
    actor: { name, id: `${name}-id` },
    addresses: [`unix:/run/${name}.sock`],
    pid: 100,
    host: 'here',
    functions: ['cellarDoor'],
    startedAt: 1_000,
    ...more,
  }
}

/** What a command that visits a registry has in a test: a real registry with these actors in it, and who looks at its outputs. */
export async function guestBed(initial: readonly KnownActor[] = [], environment: Record<string, string> = {}) {
  const actors = [...initial]
  const registry = new MemoryRegistry()
  const leases = new Map<string, { release(): Promise<void> }>()
  for (const { registration } of actors) {
    leases.set(registration.actor.id, await registry.register(registration))
  }
  const written = { stdout: '', stderr: '' }
  const joined: string[] = []
  const exits: number[] = []
  let left = 0
  let listener: ((signal: 'SIGINT') => void) | undefined
  const asked = new Map<string, number>()
  const portalOf = ({ registration, portal }: KnownActor): GuestPortal => {
    const whole = { actor: registration.actor, ...portal, with: () => whole } as unknown as GuestPortal
    return whole
  }
  const guest: Guest = {
    registry,
    find: async (name, { capabilities = {} }) => {
      const fitting = actors.findLast(({ registration }) => {
        const has = registration.capabilities ?? {}
        return (
          registration.actor.name === name && Object.entries(capabilities).every(([key, value]) => has[key] === value)
        )
      })
      return fitting === undefined ? undefined : portalOf(fitting)
    },
    findAll: async (name) => actors.filter(({ registration: { actor } }) => actor.name === name).map(portalOf),
    get: async ({ id }) => {
      const known = actors.find(({ registration }) => registration.actor.id === id)
      if (known === undefined) throw new Error(`nobody has the id ${id}`)
      return portalOf(known)
    },
    at: async (address) => {
      const known = actors.find(({ registration }) => registration.addresses.includes(address))
      if (known === undefined) throw new Error(`nobody listens at ${address}`)
      return portalOf(known)
    },
    reach: (registration) => {
      const known = actors.find(({ registration: { actor } }) => actor.id === registration.actor.id)
      return known === undefined ? expect.unreachable() : portalOf(known)
    },
    listAt: async ({ id }) => {
      const held = actors.find(({ registration }) => registration.actor.id === id)?.held
      if (held instanceof Error) throw held
      return held
    },
    addresses: ['unix:/run/guest.sock'],
    dump: async ({ actor: { id } }) => {
      const turn = asked.get(id) ?? 0
      asked.set(id, turn + 1)
      const dumps = actors.find(({ registration }) => registration.actor.id === id)?.dumps ?? []
      const answer = dumps[Math.min(turn, dumps.length - 1)] ?? new Error('it has no dump')
      if (answer instanceof Error) throw answer
      return answer
    },
    [Symbol.asyncDispose]: async () => {
      left += 1
      await registry.close()
    },
  }
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      written.stdout += String(chunk)
      done()
    },
  })
  const host: VisitHost & { stdout: Writable; now(): number } = {
    stdout,
    stderr: { write: (text) => (written.stderr += text) },
    environment: { FLOW_REGISTRY: 'unix:/run/registry.sock', ...environment },
    join: async (address) => {
      joined.push(address)
      return guest
    },
    onSignal: (wanted) => {
      listener = wanted
      return { [Symbol.dispose]: () => (listener = undefined) }
    },
    exit: (code) => void exits.push(code),
    exitSoon: (code) => void exits.push(code),
    now: () => 61_000,
  }
  return {
    host,
    registry,
    joined,
    exits,
    written,
    /** How often the guest has left. */
    left: () => left,
    pressCtrlC: () => listener?.('SIGINT'),
    /** One more actor comes. */
    arrive: async (actor: KnownActor) => {
      actors.push(actor)
      leases.set(actor.registration.actor.id, await registry.register(actor.registration))
    },
    /** The actor lets go of its name. */
    depart: async (id: string) => await leases.get(id)?.release(),
  }
}
