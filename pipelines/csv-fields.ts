import type { z as Zod } from 'zod'
import type { OptionFields } from './definition.ts'
import type { CsvDecoderOptions } from './formats/csv-decoder.ts'

/** The `csv` option of the sources that read tables. */
export function csvFields({ z }: OptionFields): Zod.ZodType<CsvDecoderOptions | undefined> {
  return z
    .strictObject({
      delimiter: z.string().min(1).optional().describe('A comma where absent; a tab for a file .tsv.'),
      header: z
        .union([z.boolean(), z.array(z.string()).min(1)])
        .optional()
        .describe('true: the first row names the columns; a list: these are the columns; false: rows are arrays.'),
      numbers: z.boolean().optional().describe('Whether fields that are decimal numbers become numbers.'),
    })
    .optional()
}
