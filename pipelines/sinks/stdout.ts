import { openReservedStdout } from '../../engine/index.ts'
import type { SinkDefinition } from '../definition.ts'
import { encodeJsonl } from '../formats/jsonl-encoder.ts'
import { createTable } from '../formats/table.ts'
import { inputBatches } from '../input-batches.ts'
import { openOutput } from '../output.ts'
import type { StageContext } from '../stage-context.ts'

/** The options of the `stdout` sink. */
export interface StdoutSinkOptions {
  readonly format: 'jsonl' | 'table'
  /** How many rows of a table are kept and printed; the others are counted. */
  readonly limit: number
}

/** The `stdout` sink: the data of `flow run`. */
export const stdoutSink: SinkDefinition<StdoutSinkOptions> = {
  summary: 'Writes to standard output: each item as a line of JSON as it comes, or all of them as a table at the end.',
  example: '{ stdout: { format: table } }',
  singleActorBecause: 'would write into each other',
  options: ({ z }) =>
    z.strictObject({
      format: z.enum(['jsonl', 'table']).default('jsonl').describe('jsonl where absent.'),
      limit: z.int().min(1).default(1000).describe('The most rows of a table; 1000 where absent.'),
    }),
  open: openStdoutSink,
}

/**
 * Writes all input to standard output, no faster than that is read. Resolves when all is written, or, without reading
 * on, when the reader has gone (`| head`). Rejects with the reason when the stage's signal aborts.
 */
export async function openStdoutSink(
  input: AsyncIterable<unknown>,
  options: StdoutSinkOptions,
  stage: StageContext,
): Promise<void> {
  const beginWait = stage.beginWait?.bind(stage, 'output', 'stdout')
  await using output = openOutput(stage.stdout ?? openReservedStdout(), stage.signal, beginWait)
  const table = options.format === 'table' ? createTable(options.limit) : undefined
  for await (const items of inputBatches(input, stage.signal)) {
    if (table !== undefined) table.add(items)
    else if (!(await output.write(encodeJsonl(items)))) return
  }
  if (table !== undefined) await output.write(table.toString())
}
