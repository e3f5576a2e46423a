import { ActorRuntime } from './actor-runtime.ts'
import { serveStart } from './callee.ts'
import { type ActorDump, requestDump } from './dump.ts'
import { DeadlineExceededError } from './errors.ts'
import { newActorId } from './new-id.ts'
import { defaultGraces, defaultHeartbeat, defaultLimits, type Tree } from './tree.ts'

/** Of nobody's tree: it has no host, no directory, no registry and nobody below it. */
const noTree: Tree = {
  host: '',
  runDirectory: '',
  ownsRunDirectory: false,
  registryModule: '',
  attached: [],
  limits: defaultLimits,
  heartbeat: defaultHeartbeat,
  busyPollUs: 0,
  debug: false,
}

/**
 * Asks the actor at the address what it and all below it do at the moment. For a process that is no actor: it connects as a
 * guest, which cannot be reached itself, and takes its leave. Throws `DeadlineExceededError` when nobody answers in time,
 * and whatever keeps the connection from being made.
 */
export async function dumpAt(
  address: string,
  options: { readonly timeoutMs: number; readonly token?: string | undefined },
): Promise<ActorDump> {
  const { timeoutMs, token = process.env['FLOW_TOKEN'] } = options
  const self = { name: 'dump', id: newActorId() }
  const guest = new ActorRuntime({ self, graces: defaultGraces, childGraces: undefined, tree: noTree }, serveStart)
  if (token !== undefined) guest.secrets = { token }
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new DeadlineExceededError(timeoutMs)), timeoutMs)
  const answer = ask(guest, address, timeoutMs)
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
    answer.catch(() => undefined)
    await guest.channels.close('it has its answer')
  }
}

async function ask(guest: ActorRuntime, address: string, timeoutMs: number): Promise<ActorDump> {
  const { peer } = await guest.channels.dial(address)
  return await requestDump(guest, { actor: peer, addresses: [address] }, { timeoutMs })
}
