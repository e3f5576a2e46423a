import { withinGrace } from './grace.ts'
import type { Connection } from './transport.ts'
import type { Graces } from './tree.ts'

/** How what ran an actor has ended; the words are those of a process. */
export interface Exit {
  readonly exitCode: number | null
  readonly signal: string | null
  /** It could not be started at all. */
  readonly failure?: Error
}

/** One step up from asking an actor to end. */
export interface Step {
  /** What is done, for whoever reads the report of it. */
  readonly name: string
  /** How long the step before it has. */
  readonly afterMs: number
  take(): void
}

/** What runs an actor, and the link to it: a process, a thread, or a place in this thread. */
export interface Launched {
  readonly pid: number | undefined
  readonly link: Connection
  /** Never rejects. */
  readonly exited: Promise<Exit>
  /** What is done with an actor that does not end when it is asked to, the mildest first; after the last it has ended. */
  steps(graces: Graces): readonly Step[]
  /** The last of these steps, at once. */
  kill(): void
}

/** Ends an actor: asked to, then step by step. Resolves when it has gone. */
export async function endLaunched(
  launched: Launched,
  ask: () => void,
  graces: Graces,
  onStep: (step: Step) => void,
): Promise<Exit> {
  ask()
  for (const step of launched.steps(graces)) {
    if (await withinGrace(launched.exited, step.afterMs, [])) break
    onStep(step)
    step.take()
  }
  return await launched.exited
}
