import { createReadStream, existsSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { extname, relative, resolve } from 'node:path'
import { addAbortSignal, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Batch } from '../../engine/index.ts'
import { csvFields } from '../csv-fields.ts'
import type { SourceDefinition } from '../definition.ts'
import { displayPath } from '../display-path.ts'
import { PipelineError } from '../errors.ts'
import { fileError } from '../file-error.ts'
import { createDecoder, type TextFormat } from '../formats/create-decoder.ts'
import type { CsvDecoderOptions } from '../formats/csv-decoder.ts'
import { decodeChunks, type TextEncoding } from '../formats/decode-chunks.ts'
import type { StageContext } from '../stage-context.ts'
import { toldWaits } from '../told-waits.ts'

/** The options of the `file` source. */
export interface FileSourceOptions {
  /** A file, or a glob of files, which are read one after the other in the order of their names. */
  readonly path: string
  /** By extension where absent: `.jsonl` and `.ndjson`, `.csv` and `.tsv`; otherwise lines. */
  readonly format?: TextFormat | undefined
  readonly encoding?: TextEncoding | undefined
  /** Whether the file is compressed; by the extension `.gz` where absent. */
  readonly gzip?: boolean | undefined
  readonly csv?: CsvDecoderOptions | undefined
}

/** The `file` source: the lines, JSON values or table rows of files. */
export const fileSource: SourceDefinition<FileSourceOptions> = {
  summary: 'Reads files: lines of text, JSON values one a line, or the rows of CSV tables; gzip by the extension .gz.',
  example: '{ file: { path: data/*.csv.gz, csv: { numbers: true } } }',
  singleActorBecause: 'would read every item that many times',
  options: (fields) =>
    fields.z.strictObject({
      path: fields.pathText().describe('The file, or a glob of files; relative to the document.'),
      format: fields.z.enum(['lines', 'jsonl', 'csv']).optional().describe('By the extension where absent.'),
      encoding: fields.z.enum(['utf-8', 'utf-16le', 'latin1']).optional().describe('utf-8 where absent.'),
      gzip: fields.z.boolean().optional().describe('By the extension .gz where absent.'),
      csv: csvFields(fields),
    }),
  open: openFileSource,
}

const chunkBytes = 128 * 1024

/**
 * Reads the files and yields their items in batches. Waits for the disk; reads no further than its consumer takes.
 * Ends when the stage's signal aborts. Throws a `PipelineError` that names the file, and the line where there is one.
 */
export async function* openFileSource(options: FileSourceOptions, stage: StageContext): AsyncGenerator<Batch<unknown>> {
  for (const path of await findFiles(options.path, stage.directory)) {
    const name = displayPath(path, stage.directory)
    const decoder = createDecoder(options.format ?? formatOf(path), name, csvOptions(path, options.csv))
    const bytes = readBytes(path, options.gzip ?? path.endsWith('.gz'), stage.signal)
    try {
      yield* decodeChunks(toldWaits(bytes, stage, name), decoder, options.encoding)
    } catch (error) {
      if (stage.signal.aborted) return
      throw fileError('cannot read', name, error)
    }
  }
}

/** The format that a file's extension stands for, `.gz` aside. */
function formatOf(path: string): TextFormat {
  const extension = extensionOf(path)
  if (extension === '.jsonl' || extension === '.ndjson') return 'jsonl'
  return extension === '.csv' || extension === '.tsv' ? 'csv' : 'lines'
}

function extensionOf(path: string): string {
  return extname(path.replace(/\.gz$/i, '')).toLowerCase()
}

function csvOptions(path: string, options: CsvDecoderOptions = {}): CsvDecoderOptions {
  return options.delimiter === undefined && extensionOf(path) === '.tsv' ? { ...options, delimiter: '\t' } : options
}

async function findFiles(path: string, directory: string): Promise<string[]> {
  const absolute = resolve(directory, path)
  if (!/[*?[\]{}]/.test(absolute) || existsSync(absolute)) return [absolute]
  // Relative, because the folder that the document is in may itself have a bracket in its name.
  const found: string[] = []
  for await (const match of glob(relative(directory, absolute), { cwd: directory }))
    found.push(resolve(directory, match))
  if (found.length === 0) throw new PipelineError(`no file matches '${displayPath(absolute, directory)}'`)
  return found.sort()
}

function readBytes(path: string, gzip: boolean, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: chunkBytes, signal })
  if (!gzip) return file
  // The callback is there so that an error of the file is not thrown into the void: it destroys the gunzip stream too,
  // and reaches the reader as that stream's error.
  return pipeline(file, addAbortSignal(signal, createGunzip({ chunkSize: chunkBytes })), () => {})
}
