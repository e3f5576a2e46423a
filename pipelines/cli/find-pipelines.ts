import { type ActorId, FlowError, type Registration } from '../../engine/index.ts'
import {
  type PipelinePlace,
  type PipelineQuestions,
  type PipelineReport,
  pipelineCapability,
} from '../pipeline-control.ts'
import type { Plan } from '../plan.ts'
import type stageActor from '../stage-actor.ts'
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
  /** The programs whose pipelines are in a registry that it does not know, if they have any: by name, as they were found last. */
  readonly outOfSight: readonly string[]
}

/** A program that does not say in time who it is, is left out. */
const answerMs = 1_500

const asked: { readonly [Name in keyof PipelineQuestions]: Name } = {
  pipelinePlan: 'pipelinePlan',
  pipelinePlace: 'pipelinePlace',
  watchPipeline: 'watchPipeline',
}

/** By these it is known which actors run the stages of a pipeline. */
const ofStages: readonly (keyof (typeof stageActor)['functions'])[] = ['prepare', 'output', 'figures']

/** Finds them in the registry that the guest has joined or, where it has joined none, among this user's programs on this host. */
export function createPipelineFinder(
  guest: Guest,
  inRegistry: boolean,
  host: { findSockets(): Promise<readonly string[]> },
): PipelineFinder {
  return inRegistry ? createRegistryFinder(guest) : createSocketFinder(guest, () => host.findSockets())
}

/** Those of a registry: of whatever programs, on whatever hosts. */
export function createRegistryFinder(guest: Pick<Guest, 'registry' | 'findAll' | 'reach'>): PipelineFinder {
  const { registry } = guest
  const pipelinesOf = createAcquaintance(guest)
  return {
    outOfSight: [],
    async find() {
      const found = pipelinesOf(await registry.list())
      return inOrder(registry.mayListTheDead ? await livingOf(found, guest) : found)
    },
  }
}

/** One that was killed is registered until its lease runs out. */
async function livingOf(found: readonly FoundPipeline[], guest: Pick<Guest, 'findAll'>): Promise<FoundPipeline[]> {
  const names = new Set(found.map(({ name }) => name))
  const living = await Promise.all(Array.from(names, (name) => guest.findAll(name)))
  const ids = new Set(living.flat().map(({ actor }) => actor.id))
  return found.filter(({ id }) => ids.has(id))
}

/** Gives the pipelines that are registered, each once, and those of the last time as they were. */
function createAcquaintance(
  guest: Pick<Guest, 'reach'>,
): (registrations: readonly Registration[]) => readonly FoundPipeline[] {
  let known: ReadonlyMap<string, FoundPipeline> = new Map()
  return (registrations) => {
    const found = registrations.filter(isPipeline)
    known = new Map(found.map((each) => [each.actor.id, known.get(each.actor.id) ?? registered(each, guest)]))
    return [...known.values()]
  }
}

function registered(registration: Registration, guest: Pick<Guest, 'reach'>): FoundPipeline {
  const { actor, host, pid, capabilities } = registration
  const name = String(capabilities?.[pipelineCapability])
  return { ...reached(guest.reach(registration)), name, id: actor.id, place: { host, pid } }
}

/** A program of this host: a pipeline that runs by itself, or one that may have some in its registry. */
interface Program {
  readonly portal: GuestPortal
  readonly pipeline: FoundPipeline | undefined
}

/**
 * Those of the user's programs on this host, by the sockets of their roots: the pipelines that run by themselves, and those in the
 * registries that the other programs hold.
 */
export function createSocketFinder(
  guest: Pick<Guest, 'at' | 'addresses' | 'reach' | 'listAt'>,
  findSockets: () => Promise<readonly string[]>,
): PipelineFinder {
  const programs = new Map<string, Promise<Program>>()
  /** What was in the registries, by address: of one that does not answer at the moment, it holds. */
  const listed = new Map<string, readonly Registration[]>()
  const pipelinesOf = createAcquaintance(guest)
  let outOfSight: readonly string[] = []

  async function list(address: string, { actor }: GuestPortal): Promise<Listed> {
    const before = listed.get(address) ?? []
    const answer = guest.listAt(actor, address, { timeoutMs: answerMs })
    const registrations = await answer.catch(() => before)
    if (registrations === undefined) return { registrations: [], outOfSight: actor }
    listed.set(address, registrations)
    return { registrations }
  }

  async function look(address: string): Promise<Listed> {
    const program = programs.get(address) ?? meet(address, guest)
    programs.set(address, program)
    try {
      const { portal, pipeline } = await program
      return pipeline === undefined ? await list(address, portal) : { pipeline, registrations: [] }
    } catch {
      // One that did not answer may do so the next time.
      programs.delete(address)
      return { registrations: [] }
    }
  }

  return {
    get outOfSight() {
      return outOfSight
    },
    async find() {
      const addresses = (await findSockets()).map((path) => `unix:${path}`)
      const others = addresses.filter((address) => !guest.addresses.includes(address))
      for (const known of [programs, listed]) {
        for (const address of known.keys()) if (!others.includes(address)) known.delete(address)
      }
      const looks = await Promise.all(others.map(look))
      // A program may be in the registry that another one holds: then it is in sight, and one that runs by itself is found twice.
      const registrations = looks.flatMap((each) => each.registrations)
      const ids = new Set(registrations.map(({ actor }) => actor.id))
      outOfSight = looks.flatMap((each) => each.outOfSight ?? []).flatMap(({ id, name }) => (ids.has(id) ? [] : [name]))
      const found = [...pipelinesOf(registrations), ...looks.flatMap(({ pipeline }) => pipeline ?? [])]
      return inOrder([...new Map(found.map((pipeline) => [pipeline.id, pipeline])).values()])
    },
  }
}

/** What a look at a program has found. */
interface Listed {
  readonly pipeline?: FoundPipeline
  readonly registrations: readonly Registration[]
  /** The root of a program that holds no registry itself. */
  readonly outOfSight?: ActorId
}

async function meet(address: string, guest: Pick<Guest, 'at'>): Promise<Program> {
  const portal = await guest.at(address)
  const patient = portal.with({ timeoutMs: answerMs })
  try {
    const [plan, place] = await Promise.all([patient.run(asked.pipelinePlan), patient.run(asked.pipelinePlace)])
    const { name } = plan as Plan
    return { portal, pipeline: { ...reached(portal), name, id: portal.actor.id, place: place as PipelinePlace } }
  } catch (error) {
    if (FlowError.is(error) && error.code === 'FLOW_NOT_EXPOSED') return { portal, pipeline: undefined }
    throw error
  }
}

function reached(portal: GuestPortal): Pick<FoundPipeline, 'plan' | 'watch'> {
  return {
    plan: async () => (await portal.with({ timeoutMs: answerMs }).run(asked.pipelinePlan)) as Plan,
    watch: (signal) => portal.with({ signal }).stream(asked.watchPipeline) as AsyncIterable<PipelineReport>,
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
  // In a program that is an actor already, the stages are beside the actor that answers for the pipeline.
  const programs = new Set(registrations.filter(isPipeline).map(({ parent }) => parent?.id))
  const isInside = (registration: Registration | undefined): boolean => {
    if (registration === undefined) return false
    const { functions, parent } = registration
    if (isPipeline(registration) || isInside(byId.get(parent?.id ?? ''))) return true
    return programs.has(parent?.id) && ofStages.every((name) => functions.includes(name))
  }
  return registrations.filter((registration) => !isInside(registration))
}

function isPipeline({ functions }: Registration): boolean {
  return functions.includes(asked.watchPipeline) && functions.includes(asked.pipelinePlan)
}

function inOrder(found: readonly FoundPipeline[]): readonly FoundPipeline[] {
  return found.toSorted((a, b) => (a.name === b.name ? (a.id < b.id ? -1 : 1) : a.name < b.name ? -1 : 1))
}
