import type { Plan } from '../plan.ts'

/**
 * Reads and checks a pipeline file, the names of IxJS operators too. Those are loaded only for a document that may use
 * them: it takes longer than all the rest. Throws a `PipelineSpecError` with everything that is wrong.
 */
export async function checkDocument(file: string): Promise<Plan> {
  const { planFile } = await import('../plan-document.ts')
  try {
    const plan = await planFile(file)
    if (!plan.stages.some(({ steps }) => steps.some(({ kind }) => kind === 'ix'))) return plan
  } catch (error) {
    const { PipelineSpecError } = await import('../errors.ts')
    if (!(error instanceof PipelineSpecError) || error.problems.every(({ line }) => line === 0)) throw error
    // Something is wrong; names of operators may be so as well, and all of it is to be said at once.
  }
  const { ixOperatorNames } = await import('../../operators/index.ts')
  return planFile(file, { ixNames: await ixOperatorNames() })
}
