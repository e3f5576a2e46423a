import type { SinkDefinition } from '../definition.ts'
import { inputBatches } from '../input-batches.ts'
import type { StageContext } from '../stage-context.ts'

/** The options of the `drop` sink: it has none. */
export type DropSinkOptions = Readonly<Record<string, never>>

/** The `drop` sink: for measuring, and for stages whose work is its own effect. */
export const dropSink: SinkDefinition<DropSinkOptions> = {
  summary: 'Takes every item and does nothing with it.',
  example: 'drop',
  options: ({ z }) => z.strictObject({}),
  open: openDropSink,
}

/** Takes all input. Rejects with the reason when the stage's signal aborts. */
export async function openDropSink(
  input: AsyncIterable<unknown>,
  _options: DropSinkOptions,
  stage: StageContext,
): Promise<void> {
  for await (const _items of inputBatches(input, stage.signal));
}
