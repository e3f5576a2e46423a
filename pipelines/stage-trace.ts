import { z } from 'zod'

/** What a document may say of how the traces of a stage's items are connected. */
export function stageTraceSchema(): z.ZodType {
  const correlate = z
    .enum(['parent', 'link'])
    .optional()
    .describe(
      'Whether what the steps make goes on in the trace of an item that they made it of, or begins one with links to all ' +
        'of them; each step by its kind where absent.',
    )
  return z.strictObject({ correlate })
}
