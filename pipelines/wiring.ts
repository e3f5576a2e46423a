import type { ActorId } from '../engine/index.ts'
import type { StagePlan } from './plan.ts'
import type { ActorWaiting } from './statistics.ts'

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

/** One of the actors that share an output. */
export interface ReaderWire extends OutputWire {
  /** Tells it from the other readers of the same consumer. */
  readonly id: string
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
  /** How it spent its time since it began to flow. */
  readonly idleMs: number
  readonly busyMs: number
  readonly blockedMs: number
  /** How long ago an item went in or out. */
  readonly progressAgeMs: number
  /** Items that it has received and not taken in yet; absent where nobody has asked for it. */
  readonly queuedCount?: number
  readonly waiting?: ActorWaiting
  /** True once nobody wants any more of its output, before the end of that. */
  readonly wasLeft?: true
}

/** The figures of an actor that has done nothing yet. */
export const noFigures: ActorFigures = {
  itemsIn: 0,
  itemsOut: 0,
  idleMs: 0,
  busyMs: 0,
  blockedMs: 0,
  progressAgeMs: 0,
}
