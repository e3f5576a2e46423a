import type { z as Zod } from 'zod'
import type { OptionFields } from './definition.ts'

/** A step of the catalogue: what a document writes under its name. */
export interface StepDefinition {
  readonly summary: string
  readonly example: string
  /** The schema of the value. One that takes null may be left out: `- distinct`. */
  value(fields: OptionFields): Zod.ZodType
}

const itemFunction = ({ functionText }: OptionFields): Zod.ZodType => functionText()
const optionalFunction = ({ functionText }: OptionFields): Zod.ZodType => functionText().nullable()
const folding = ({ z, functionText }: OptionFields): Zod.ZodType =>
  z.strictObject({
    fn: functionText().describe('(state, item) => state'),
    initial: z
      .unknown()
      .refine((value) => value !== undefined)
      .describe('The state before the first item.'),
  })

/** The steps by the name that a document calls them, without `use` and `ix`, which take a `with` beside them. */
export const steps: Readonly<Record<string, StepDefinition>> = {
  batch: {
    summary: 'Gathers so many items into one list; the last list may be shorter.',
    example: 'batch: 100',
    value: ({ z }) => z.int().min(1),
  },
  countBy: {
    summary: 'At the end, how many items there were of each key.',
    example: 'countBy: word => word',
    value: itemFunction,
  },
  distinct: {
    summary: 'Passes on each item, or each key of an item, once.',
    example: 'distinct: row => row.id',
    value: optionalFunction,
  },
  filter: {
    summary: 'Passes on the items for which the function is true.',
    example: 'filter: row => row.wind > 5',
    value: itemFunction,
  },
  flatMap: {
    summary: 'Passes on each of the items that the function makes of one.',
    example: "flatMap: line => line.split(' ')",
    value: itemFunction,
  },
  map: {
    summary: 'Passes on what the function makes of each item.',
    example: 'map: line => line.trim()',
    value: itemFunction,
  },
  merge: {
    summary: 'Passes on the items of further stages too, as they come.',
    example: 'merge: [corrections]',
    value: ({ z }) => z.union([z.string(), z.array(z.string()).min(1)]),
  },
  reduce: {
    summary: 'At the end, the one state that the function has folded all items into.',
    example: 'reduce: { fn: "(sum, n) => sum + n", initial: 0 }',
    value: folding,
  },
  scan: {
    summary: 'Passes on the state after each item.',
    example: 'scan: { fn: "(sum, n) => sum + n", initial: 0 }',
    value: folding,
  },
  skip: {
    summary: 'Leaves out the first items.',
    example: 'skip: 1',
    value: ({ z }) => z.int().min(0),
  },
  sum: {
    summary: 'At the end, the sum of the items, or of what the function makes of each.',
    example: 'sum: row => row.amount',
    value: optionalFunction,
  },
  take: {
    summary: 'Passes on the first items and ends the stage.',
    example: 'take: 10',
    value: ({ z }) => z.int().min(0),
  },
  topN: {
    summary: 'At the end, the items with the greatest values, the greatest first.',
    example: 'topN: { count: 10, by: row => row.count }',
    value: ({ z, functionText }) =>
      z.strictObject({
        count: z.int().min(1),
        by: functionText().optional().describe('item => number; the item itself where absent.'),
      }),
  },
}
