import { type CsvDecoderOptions, createCsvDecoder } from './csv-decoder.ts'
import type { Decoder } from './decoder.ts'
import { createJsonlDecoder } from './jsonl-decoder.ts'
import { createLineDecoder } from './line-decoder.ts'

/** How text holds items: one a line as text, one a line as JSON, or one a row of a table. */
export type TextFormat = 'lines' | 'jsonl' | 'csv'

/** A decoder of the format. `name` stands for the text in error messages. */
export function createDecoder(format: TextFormat, name: string, csv: CsvDecoderOptions = {}): Decoder {
  switch (format) {
    case 'lines':
      return createLineDecoder(name)
    case 'jsonl':
      return createJsonlDecoder(name)
    case 'csv':
      return createCsvDecoder(name, csv)
  }
}
