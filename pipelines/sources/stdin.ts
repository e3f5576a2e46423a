import type { Batch } from '../../engine/index.ts'
import { csvFields } from '../csv-fields.ts'
import type { SourceDefinition } from '../definition.ts'
import { fileError } from '../file-error.ts'
import { createDecoder, type TextFormat } from '../formats/create-decoder.ts'
import type { CsvDecoderOptions } from '../formats/csv-decoder.ts'
import { decodeChunks, type TextEncoding } from '../formats/decode-chunks.ts'
import type { StageContext } from '../stage-context.ts'
import { toldWaits } from '../told-waits.ts'

/** The options of the `stdin` source. */
export interface StdinSourceOptions {
  readonly format: TextFormat
  readonly encoding?: TextEncoding | undefined
  readonly csv?: CsvDecoderOptions | undefined
}

/** The `stdin` source: what is piped into `flow run`. */
export const stdinSource: SourceDefinition<StdinSourceOptions> = {
  summary: 'Reads standard input: lines of text, JSON values one a line, or the rows of a CSV table.',
  example: '{ stdin: { format: jsonl } }',
  singleActorBecause: 'would fight over one input',
  options: (fields) =>
    fields.z.strictObject({
      format: fields.z.enum(['lines', 'jsonl', 'csv']).default('lines').describe('lines where absent.'),
      encoding: fields.z.enum(['utf-8', 'utf-16le', 'latin1']).optional().describe('utf-8 where absent.'),
      csv: csvFields(fields),
    }),
  open: openStdinSource,
}

/**
 * Reads standard input and yields its items in batches. Waits for input. Ends when the input does, and at once when the
 * stage's signal aborts, even if the input never ends. Leaving it closes the input.
 */
export async function* openStdinSource(
  options: StdinSourceOptions,
  stage: StageContext,
): AsyncGenerator<Batch<unknown>> {
  const { signal, stdin = process.stdin } = stage
  if (signal.aborted) return
  const stop = (): void => void stdin.destroy()
  signal.addEventListener('abort', stop)
  try {
    const chunks = toldWaits(stdin, stage, 'stdin')
    yield* decodeChunks(chunks, createDecoder(options.format, 'stdin', options.csv), options.encoding)
  } catch (error) {
    if (!signal.aborted) throw fileError('cannot read', 'stdin', error)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
