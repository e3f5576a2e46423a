import type { Correlation } from './correlation.ts'
import type { FunctionPlan, ModuleFunctionPlan } from './function-plan.ts'

/** A checked pipeline document with everything resolved, as plain data that can be sent to the actors that run it. */
export interface Plan {
  readonly name: string
  /** The document's file as it was named by who asked; absent for a document that was given as an object. */
  readonly file?: string
  /** The absolute folder that the paths of the document were relative to. */
  readonly directory: string
  /** Each stage after all the stages that it reads. */
  readonly stages: readonly StagePlan[]
}

/** One stage of a plan. It has a source or inputs, never both. */
export interface StagePlan {
  readonly name: string
  readonly actors: number
  readonly inputs: readonly InputPlan[]
  readonly source?: EndPlan
  readonly steps: readonly StepPlan[]
  readonly sink?: EndPlan
  readonly trace?: StageTracePlan
  /** The stages that read this one, in the order of the document. */
  readonly consumers: readonly string[]
  /** Where the stage stands in the document, `file:line:column`. */
  readonly location: string
}

/** How the traces of a stage's items are connected. */
export interface StageTracePlan {
  /** Each step by its kind where absent. */
  readonly correlate?: Correlation | undefined
}

/** A stage that another one reads. */
export interface InputPlan {
  readonly stage: string
  /** The name under which the first step gets this input; present for all inputs of a stage, or for none. */
  readonly as?: string
  /** The index of the `merge` step that this input flows into; without it, it flows into the stage's beginning. */
  readonly step?: number
}

/** A source or a sink: a built-in one with its checked options, or a function of the user's. */
export type EndPlan = BuiltinPlan | ModulePlan

/** A source or sink of the catalogue. */
export interface BuiltinPlan {
  readonly kind: 'builtin'
  readonly name: string
  /** Defaults filled in, paths absolute, functions as `FunctionPlan`. */
  readonly options: Readonly<Record<string, unknown>>
  readonly location: string
}

/** A function of the user's as source, step or sink, and the options that it is called with. */
export interface ModulePlan extends ModuleFunctionPlan {
  readonly with: unknown
}

/** One step of a stage, with its functions as `F`; the kinds that both the plan and the stage's actor have. */
export type StepOf<F> = { readonly location: string } & (
  | { readonly kind: 'map' | 'filter' | 'flatMap'; readonly fn: F }
  | { readonly kind: 'take' | 'skip' | 'batch'; readonly count: number }
  | { readonly kind: 'distinct'; readonly by?: F }
  | { readonly kind: 'countBy'; readonly by: F }
  | { readonly kind: 'sum'; readonly of?: F }
  | { readonly kind: 'scan' | 'reduce'; readonly fn: F; readonly initial: unknown }
  | { readonly kind: 'topN'; readonly count: number; readonly by?: F }
  | { readonly kind: 'merge'; readonly stages: readonly string[] }
)

/** One step of a stage as the document has it: its functions are named, or written there. */
export type StepPlan =
  | StepOf<FunctionPlan>
  | ({ readonly location: string } & (
      | { readonly kind: 'use'; readonly module: ModuleFunctionPlan; readonly with: unknown }
      | {
          readonly kind: 'ix'
          readonly name: string
          readonly args: readonly unknown[]
          readonly functions: readonly ArgumentFunction[]
        }
    ))

/** A function among the arguments of an `ix` step, where `args` has a null in its place. */
export interface ArgumentFunction {
  /** The keys and indexes that lead to it in `args`. */
  readonly path: readonly (string | number)[]
  readonly fn: FunctionPlan
}
