import type { ActorId } from '../engine/index.ts'
import type { StagePlan } from './plan.ts'

/** What a stage's actor is started with. */
export interface StageAssignment {
  readonly pipeline: string
  readonly directory: string
  readonly plan: StagePlan
  /** Which of the stage's actors this is, from 0. */
  readonly index: number
}

/** One input of a stage, with the actors that it comes from. */
export interface InputWire {
  readonly stage: string
  readonly actors: readonly ActorId[]
  readonly as?: string
  readonly step?: number
}

/** A reader of a stage's output, as many actors as share it. */
export interface OutputWire {
  readonly consumer: string
  readonly actorCount: number
}

/** What a stage's actor is told when the pipeline starts to flow. */
export interface StageWiring {
  readonly inputs: readonly InputWire[]
  readonly outputs: readonly OutputWire[]
}

/** What a stage's actor says of itself. */
export interface ActorFigures {
  readonly itemsIn: number
  readonly itemsOut: number
  readonly waiting?: { readonly on: 'input' | 'output'; readonly stages: readonly string[] }
}
