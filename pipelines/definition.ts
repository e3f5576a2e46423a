import type { z as Zod } from 'zod'
import type { FunctionPlan } from './function-plan.ts'
import type { StageContext } from './stage-context.ts'

/**
 * What a definition declares its options with. It is handed in, so that the process of a stage, which reads no
 * documents, need not load the schema library.
 */
export interface OptionFields {
  readonly z: typeof Zod
  /** A function as text, `item => ...` or `./file.ts#name`. `${}` in it is JavaScript. Arrives as a `FunctionPlan`. */
  functionText(): Zod.ZodType<FunctionPlan, string>
  /** A path or glob, relative to the document. Arrives absolute. */
  pathText(): Zod.ZodType<string, string>
}

interface Definition<Options> {
  /** One sentence. */
  readonly summary: string
  /** The value under `source:` or `sink:` in a document. */
  readonly example: string
  /** Set where more than one actor makes no sense: how the message `... with 2 actors ` goes on. */
  readonly singleActorBecause?: string
  options(fields: OptionFields): Zod.ZodType<Options>
}

/** A built-in source. */
export interface SourceDefinition<Options = unknown> extends Definition<Options> {
  /** Yields items, or `batch([...])` of several. Ends when the stage's signal aborts. */
  open(options: Options, stage: StageContext): AsyncIterable<unknown>
}

/** A built-in sink. */
export interface SinkDefinition<Options = unknown> extends Definition<Options> {
  /** Resolves when all input is written, or no more is wanted; rejects with the reason when the stage's signal aborts. */
  open(input: AsyncIterable<unknown>, options: Options, stage: StageContext): Promise<void>
}
