import { Console } from 'node:console'
import {
  type ActorId,
  addReporter,
  currentActor,
  type Definition,
  defineActor,
  queuedItemCount,
} from '../engine/index.ts'
import { getActor } from '../registry/index.ts'
import type { StagePlan } from './plan.ts'
import { StageRun } from './stage-run.ts'
import type { UpstreamOutput } from './upstream-flow.ts'
import type { ActorFigures, ReaderWire, StageAssignment, StageWiring } from './wiring.ts'

const stageKey = 'stage'

function stageRun(): StageRun {
  return currentActor().state.get(stageKey) as StageRun
}

// Where work is shared, no actor takes much more than it can do: the others may be idle.
const sharedWindow = { windowCount: 1024 }

async function openUpstream(actor: ActorId, reader: ReaderWire): Promise<UpstreamOutput> {
  const portal = (await getActor(actor, stageActor)).with({ traced: false })
  return {
    batches: () =>
      portal
        .with(reader.actorCount > 1 ? sharedWindow : {})
        .stream('output', reader)
        .batches(),
    decline: () => portal.run('decline', reader),
  }
}

/** Loads the stage; resolves to the process id once it is ready to flow. */
async function prepare(assignment: StageAssignment): Promise<number> {
  keepStdoutForData(assignment.plan)
  const stage = new StageRun(assignment, openUpstream)
  await stage.prepare()
  currentActor().state.set(stageKey, stage)
  addReporter(() => stage.report)
  return process.pid
}

/** Standard output belongs to the data, whatever user code prints: that goes to stderr, in order with all else there. */
function keepStdoutForData({ sink }: StagePlan): void {
  globalThis.console = new Console(process.stderr, process.stderr)
  // A sink of the user's writes its data there.
  if (sink?.kind !== 'module') Object.defineProperty(process, 'stdout', { value: process.stderr, configurable: true })
}

function run(wiring: StageWiring): Promise<ActorFigures> {
  return stageRun().run(wiring)
}

async function* output(reader: ReaderWire): AsyncGenerator<unknown> {
  yield* stageRun().read(reader)
}

function decline(reader: ReaderWire): Promise<void> {
  return stageRun().decline(reader)
}

function figures(): ActorFigures {
  return { ...stageRun().figures, queuedCount: queuedItemCount() }
}

function drain(): void {
  stageRun().drain()
}

type StageFunctions = {
  prepare: typeof prepare
  run: typeof run
  output: typeof output
  decline: typeof decline
  figures: typeof figures
  drain: typeof drain
}

/** The actor that runs a stage of a pipeline, or one actor's share of it. */
const stageActor: Definition<StageFunctions> = defineActor(import.meta.url, {
  prepare,
  run,
  output,
  decline,
  figures,
  drain,
})

// oxlint-disable-next-line import/no-default-export -- an actor's module exports its definition
export default stageActor
