import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { SinkDefinition } from '../definition.ts'
import { displayPath } from '../display-path.ts'
import { PipelineError } from '../errors.ts'
import { fileError } from '../file-error.ts'
import { createCsvEncoder } from '../formats/csv-encoder.ts'
import { encodeJsonl } from '../formats/jsonl-encoder.ts'
import { inputBatches } from '../input-batches.ts'
import type { StageContext } from '../stage-context.ts'

/** The options of the `file` sink. */
export interface FileSinkOptions {
  readonly path: string
  /** By extension where absent: `.csv` and `.tsv`; otherwise jsonl. */
  readonly format?: 'jsonl' | 'csv' | undefined
  /** Whether to compress; by the extension `.gz` where absent. */
  readonly gzip?: boolean | undefined
  readonly csv?:
    | { readonly delimiter?: string | undefined; readonly columns?: readonly string[] | undefined }
    | undefined
}

/** The `file` sink: a file that is there complete, or not at all. */
export const fileSink: SinkDefinition<FileSinkOptions> = {
  summary: 'Writes a file of JSON lines or a CSV table, beside its place, and moves it there when it is complete.',
  example: '{ file: { path: out/rain.csv } }',
  singleActorBecause: 'would replace the file of one another',
  options: ({ z, pathText }) =>
    z.strictObject({
      path: pathText().describe('The file; relative to the document. Its folder must be there.'),
      format: z.enum(['jsonl', 'csv']).optional().describe('By the extension where absent.'),
      gzip: z.boolean().optional().describe('By the extension .gz where absent.'),
      csv: z
        .strictObject({
          delimiter: z.string().min(1).optional().describe('A comma where absent, a tab for .tsv.'),
          columns: z.array(z.string()).min(1).optional().describe('The columns; those of the first item where absent.'),
        })
        .optional(),
    }),
  open: openFileSink,
}

/**
 * Writes all input to a partial file beside the wanted one, syncs it to the disk, and renames it. Waits for the disk.
 * When the input fails, the stage's signal aborts or the disk is full, the partial file is removed, the file that was
 * there before is left as it was, and the error is thrown; a `PipelineError` that names the file if it is of the disk.
 */
export async function openFileSink(
  input: AsyncIterable<unknown>,
  options: FileSinkOptions,
  stage: StageContext,
): Promise<void> {
  const path = resolve(stage.directory, options.path)
  const partial = `${path}.partial-${randomBytes(4).toString('hex')}`
  const name = displayPath(path, stage.directory)
  await assertFolder(path, name)
  let inputError: { readonly error: unknown } | undefined
  async function* texts(): AsyncGenerator<string> {
    try {
      for await (const text of encodeTexts(inputBatches(input, stage.signal), path, options)) {
        // The next text is asked for when the file takes more.
        const endWait = stage.beginWait?.('output', name)
        yield text
        endWait?.()
      }
    } catch (error) {
      inputError = { error }
      throw error
    }
  }
  try {
    const file = createWriteStream(partial, { flags: 'wx', flush: true, highWaterMark: 256 * 1024 })
    const gzip = options.gzip ?? path.endsWith('.gz')
    if (gzip) await pipeline(texts, createGzip(), file, { signal: stage.signal })
    else await pipeline(texts, file, { signal: stage.signal })
    stage.signal.throwIfAborted()
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    stage.signal.throwIfAborted()
    if (inputError !== undefined) throw inputError.error
    throw fileError('cannot write', name, error)
  }
}

async function* encodeTexts(
  batches: AsyncIterable<readonly unknown[]>,
  path: string,
  options: FileSinkOptions,
): AsyncGenerator<string> {
  const plainPath = path.replace(/\.gz$/i, '')
  const isTable = options.format === undefined ? /\.(csv|tsv)$/i.test(plainPath) : options.format === 'csv'
  if (!isTable) {
    for await (const items of batches) yield encodeJsonl(items)
    return
  }
  const delimiter = options.csv?.delimiter ?? (/\.tsv$/i.test(plainPath) ? '\t' : ',')
  const csv = createCsvEncoder({ ...options.csv, delimiter })
  for await (const items of batches) {
    const text = csv.encode(items)
    if (text !== '') yield text
  }
  const tail = csv.end()
  if (tail !== '') yield tail
}

async function assertFolder(path: string, name: string): Promise<void> {
  const folder = await stat(dirname(path)).catch(() => undefined)
  if (folder?.isDirectory() === true) return
  throw new PipelineError(`cannot write '${name}': there is no folder '${dirname(path)}'`)
}
