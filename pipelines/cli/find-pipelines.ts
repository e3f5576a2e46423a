import { FlowError, type Registration } from '../../engine/index.ts'
import {
  type PipelinePlace,
  type PipelineQuestions,
  type PipelineReport,
  pipelineCapability,
} from '../pipeline-control.ts'
import type { Plan } from '../plan.ts'
import type { Guest, GuestPortal } from './guest.ts'

/** A pipeline that runs somewhere, and who answers for it. */
export interface FoundPipeline {
  readonly name: string
  /** Of the actor that answers for it. */
  readonly id: string
  /** Where that actor is. */
  readonly place: PipelinePlace
  plan(): Promise<Plan>
  /** Its figures about twice a second, until the last that it has; throws when it cannot be reached any more. */
  watch(signal: AbortSignal): AsyncIterable<PipelineReport>
}

/** Looks for pipelines; those it has found before are the same objects again. */
export interface PipelineFinder {
  /** Those that run now, by name. */
  find(): Promise<readonly FoundPipeline[]>
  /** Where programs listen that are none themselves, and may have some in their registries: as they were found last. */
  readonly elsewhere: readonly string[]
}

/** A program that does not say in time who it is, is left out. */
const answerMs = 1_500

const asked: { readonly [Name in keyof PipelineQuestions]: Name } = {
  pipelinePlan: 'pipelinePlan',
  pipelinePlace: 'pipelinePlace',
  watchPipeline: 'watchPipeline',
}

/** Finds them in the registry that the guest has joined or, where it has joined none, among this user's programs on this host. */
export function createPipelineFinder(
  guest: Guest,
  inRegistry: boolean,
  host: { findSockets(): Promise<readonly string[]> },
): PipelineFinder {
  return inRegistry ? createRegistryFinder(guest) : createSocketFinder(guest, () => host.findSockets())
}

/** Those of a registry: of whatever programs, on whatever hosts. */
export function createRegistryFinder(guest: Pick<Guest, 'registry' | 'get'>): PipelineFinder {
  const known = new Map<string, FoundPipeline>()
  return {
    elsewhere: [],
    async find() {
      const registrations = (await guest.registry.list()).filter(isPipeline)
      for (const id of known.keys()) if (!registrations.some(({ actor }) => actor.id === id)) known.delete(id)
      const found = registrations.map((registration): FoundPipeline => {
        const { actor, host, pid } = registration
        const before = known.get(actor.id)
        if (before !== undefined) return before
        const name = String(registration.capabilities?.[pipelineCapability])
        const pipeline = { ...reached(() => guest.get(actor)), name, id: actor.id, place: { host, pid } }
        known.set(actor.id, pipeline)
        return pipeline
      })
      return inOrder(found)
    },
  }
}

/** Those of the user's programs on this host, by the sockets of their roots: for pipelines with a registry of their own. */
export function createSocketFinder(
  guest: Pick<Guest, 'at' | 'addresses'>,
  findSockets: () => Promise<readonly string[]>,
): PipelineFinder {
  const known = new Map<string, Promise<FoundPipeline | undefined>>()
  let elsewhere: readonly string[] = []
  return {
    get elsewhere() {
      return elsewhere
    },
    async find() {
      const addresses = (await findSockets()).map((path) => `unix:${path}`)
      const others = addresses.filter((address) => !guest.addresses.includes(address))
      for (const address of known.keys()) if (!others.includes(address)) known.delete(address)
      const found = others.map((address) => {
        const before = known.get(address) ?? askAt(address, guest)
        known.set(address, before)
        // One that is no pipeline stays none; one that did not answer may do so the next time.
        before.catch(() => known.delete(address))
        return before.catch(() => 'silent' as const)
      })
      const answers = await Promise.all(found)
      elsewhere = others.filter((_, index) => answers[index] === undefined)
      return inOrder(answers.filter((each) => each !== undefined && each !== 'silent'))
    },
  }
}

async function askAt(address: string, guest: Pick<Guest, 'at'>): Promise<FoundPipeline | undefined> {
  const portal = await guest.at(address)
  const patient = portal.with({ timeoutMs: answerMs })
  try {
    const [plan, place] = await Promise.all([patient.run(asked.pipelinePlan), patient.run(asked.pipelinePlace)])
    const { name } = plan as Plan
    return { ...reached(async () => portal), name, id: portal.actor.id, place: place as PipelinePlace }
  } catch (error) {
    if (FlowError.is(error) && error.code === 'FLOW_NOT_EXPOSED') return undefined
    throw error
  }
}

function reached(portal: () => Promise<GuestPortal>): Pick<FoundPipeline, 'plan' | 'watch'> {
  return {
    plan: async () => (await (await portal()).with({ timeoutMs: answerMs }).run(asked.pipelinePlan)) as Plan,
    async *watch(signal) {
      yield* (await portal()).with({ signal }).stream(asked.watchPipeline) as AsyncIterable<PipelineReport>
    },
  }
}

/** Which pipelines are meant: those that fit; all, where nothing is said. */
export interface PipelineChoice {
  readonly name?: string | undefined
  /** The process id or id of one. */
  readonly run?: string | undefined
}

/** Those that are meant. */
export function meantBy<P extends Pick<FoundPipeline, 'name' | 'id' | 'place'>>(
  { name, run }: PipelineChoice,
  found: readonly P[],
): P[] {
  const named = found.filter((pipeline) => name === undefined || pipeline.name === name)
  return named.filter(({ id, place }) => run === undefined || id === run || String(place.pid) === run)
}

/** The actors among these that are no pipeline's. */
export function outsidePipelines(registrations: readonly Registration[]): readonly Registration[] {
  const byId = new Map(registrations.map((registration) => [registration.actor.id, registration]))
  const isInside = (registration: Registration | undefined): boolean =>
    registration !== undefined && (isPipeline(registration) || isInside(byId.get(registration.parent?.id ?? '')))
  return registrations.filter((registration) => !isInside(registration))
}

function isPipeline({ functions }: Registration): boolean {
  return functions.includes(asked.watchPipeline) && functions.includes(asked.pipelinePlan)
}

function inOrder(found: readonly FoundPipeline[]): readonly FoundPipeline[] {
  return found.toSorted((a, b) => (a.name === b.name ? (a.id < b.id ? -1 : 1) : a.name < b.name ? -1 : 1))
}
