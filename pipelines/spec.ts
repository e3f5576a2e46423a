import { z } from 'zod'
import { sinks, sources } from './catalog.ts'
import { optionFields } from './option-fields.ts'
import { stageTraceSchema } from './stage-trace.ts'
import { steps } from './steps.ts'

interface Described {
  readonly summary: string
}

/**
 * The JSON Schema of pipeline documents, for editors: put into a file, and named by a first line
 * `# yaml-language-server: $schema=...`, it completes names and explains options. The checks of `flow run` know more.
 */
export function documentJsonSchema(): object {
  return z.toJSONSchema(documentSchema(), { io: 'input', unrepresentable: 'any' })
}

function documentSchema(): z.ZodType {
  return z.strictObject({
    pipeline: z.string().min(1).max(64).optional().describe('The name of the pipeline; that of the file where absent.'),
    stages: z.record(z.string(), stageSchema()),
  })
}

function stageSchema(): z.ZodType {
  const stageName = z.string().min(1)
  const from = z.union([stageName, z.array(stageName).min(1), z.record(z.string(), stageName)])
  const actors = z.union([z.int().min(1).max(64), z.string()])
  return z.strictObject({
    source: endSchema(sources).optional().describe('Where the items come from, in a stage that reads no other.'),
    from: from.optional().describe('The stages that this one reads: one, several merged, or several by name.'),
    actors: actors.optional().describe('How many actors share the work; 1 where absent.'),
    steps: z.array(stepSchema()).optional().describe('What is done with the items, in order.'),
    sink: endSchema(sinks).optional().describe('Where the items go, in a stage that no other reads.'),
    trace: stageTraceSchema().optional().describe("How the traces of the stage's items are connected."),
  })
}

function endSchema(catalog: Readonly<Record<string, Described & { options(fields: typeof optionFields): z.ZodType }>>) {
  const named = Object.entries(catalog).map(([name, definition]) => {
    return z.strictObject({ [name]: definition.options(optionFields).nullable() }).describe(definition.summary)
  })
  const names = z.enum(Object.keys(catalog)).describe('A built-in one with its defaults.')
  return z.union([...named, useSchema(), names, moduleReference()])
}

function stepSchema(): z.ZodType {
  const named = Object.entries(steps).map(([name, definition]) => {
    return z.strictObject({ [name]: definition.value(optionFields) }).describe(definition.summary)
  })
  const ix = z.strictObject({
    ix: z.string().describe('An operator of IxJS by its name.'),
    with: z.array(z.unknown()).optional(),
  })
  return z.union([...named, useSchema(), ix, z.enum(['distinct', 'sum'])])
}

function useSchema(): z.ZodType {
  const options = z.unknown().optional().describe('The options it is called with.')
  return z.strictObject({ use: moduleReference(), with: options }).describe('A function of your own.')
}

function moduleReference(): z.ZodType {
  return z.string().regex(/#/).describe('./file.ts#name')
}
