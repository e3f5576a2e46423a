import type { Capabilities, Registration } from '../../engine/index.ts'
import type { Selection } from '../../registry/index.ts'
import { formatCapabilities } from './capability-options.ts'
import { CommandError } from './command-error.ts'
import { exitCodes } from './exit-code.ts'
import type { Guest, GuestPortal } from './guest.ts'

/** Which of several actors of a name is meant. */
export interface ActorChoice {
  readonly select?: Exclude<Selection, 'round-robin'>
  readonly capability?: Capabilities
}

/** The most names that are shown when the one that was looked for is not there. */
const maxNames = 20

/** The portal of the actor of that name or, if nobody has it as a name, with that id. Throws `CommandError` if there is none. */
export async function chooseActor(who: string, choice: ActorChoice, guest: Guest): Promise<GuestPortal> {
  const { select = 'newest', capability } = choice
  const found = await guest.find(who, { select, ...(capability === undefined ? {} : { capabilities: capability }) })
  if (found !== undefined) return found
  const all = await guest.registry.list()
  const byId = all.find(({ actor }) => actor.id === who)
  if (byId !== undefined) return await guest.get(byId.actor)
  const hasName = all.some(({ actor }) => actor.name === who)
  if (hasName && capability !== undefined) {
    throw new CommandError(`no actor called '${who}' has ${formatCapabilities(capability)}`, exitCodes.failed)
  }
  throw nobodyIs(who, all)
}

/** Nobody has that name or id; says who is there. */
export function nobodyIs(who: string, all: readonly Registration[]): CommandError {
  const names = namesOf(all.map(({ actor }) => actor.name))
  return new CommandError(`no actor has the name or id '${who}'; ${names}`, exitCodes.failed)
}

function namesOf(all: readonly string[]): string {
  const names = [...new Set(all)].sort()
  if (names.length === 0) return 'nobody is registered'
  const more = names.length > maxNames ? ` and ${names.length - maxNames} more` : ''
  return `there is ${names.slice(0, maxNames).join(', ')}${more}`
}
