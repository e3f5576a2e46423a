import type { Plan, StagePlan } from '../../plan.ts'
import { describeEnd, describeStep } from './describe-step.ts'

/** A pipeline as a drawing has it: its stages, and who reads whom. Plain data, made of a plan alone. */
export interface Graph {
  readonly name: string
  /** Each after all that it reads. */
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

/** A stage of the drawing. */
export interface GraphNode {
  readonly name: string
  readonly actors: number
  readonly kind: 'source' | 'stage' | 'sink'
  /** Its source, each of its steps and its sink, in short. */
  readonly parts: readonly string[]
  /** What it does at the moment, where it runs. */
  readonly note?: GraphNote
}

/** What a stage of a running pipeline does. */
export interface GraphNote {
  readonly text: string
  /** How much of its time it is held up by those who read it: what it is coloured by. */
  readonly level: GraphLevel
}

/** `free`: it is hardly ever held up; `full`: it is the one for which the others wait; `ended`: it runs no more. */
export type GraphLevel = 'free' | 'held' | 'blocked' | 'full' | 'ended'

/** The most of one part that is shown, in cells: a function may be a whole page. */
export const maxPartWidth = 60

/** That one stage reads another. */
export interface GraphEdge {
  readonly from: string
  readonly to: string
  /** The name of the input, or `merge` where it flows into a later step. */
  readonly label?: string
}

/** The drawing of a plan; with `notes`, what each stage does is added, by its name. */
export function graphOf(plan: Plan, notes?: ReadonlyMap<string, GraphNote>): Graph {
  return {
    name: plan.name,
    nodes: plan.stages.map((stage) => {
      const note = notes?.get(stage.name)
      return {
        name: stage.name,
        actors: stage.actors,
        kind: kindOf(stage),
        parts: partsOf(stage, plan.directory),
        ...(note === undefined ? {} : { note }),
      }
    }),
    edges: plan.stages.flatMap((stage) =>
      stage.inputs.map((input) => {
        const label = input.as ?? (input.step === undefined ? undefined : 'merge')
        return { from: input.stage, to: stage.name, ...(label === undefined ? {} : { label }) }
      }),
    ),
  }
}

/** The heading of a stage: `words ×2`. */
export function headingOf({ name, actors }: GraphNode): string {
  return actors === 1 ? name : `${name} ×${actors}`
}

function kindOf(stage: StagePlan): GraphNode['kind'] {
  if (stage.sink !== undefined) return 'sink'
  return stage.source === undefined ? 'stage' : 'source'
}

function partsOf({ source, steps, sink }: StagePlan, directory: string): string[] {
  return [
    ...(source === undefined ? [] : [`source ${describeEnd(source, directory)}`]),
    ...steps.map((step) => describeStep(step, directory)),
    ...(sink === undefined ? [] : [`sink ${describeEnd(sink, directory)}`]),
  ]
}
