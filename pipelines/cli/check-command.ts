import { PipelineSpecError } from '../errors.ts'
import type { Plan } from '../plan.ts'
import type { Problem } from '../problem.ts'
import { checkDocument } from './check-document.ts'
import { exitCodes } from './exit-code.ts'
import { renderProblems } from './problem-report.ts'

/** The options of `flow check`. */
export interface CheckOptions {
  readonly json?: boolean
}

/** Where `flow check` writes to. */
export interface CheckOutputs {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

/**
 * `flow check`: whether a document is fine. The answer is on stdout and problems are on stderr; with `json`, all of it is
 * one object on stdout. Starts nothing. Resolves to the exit code.
 */
export async function checkCommand(file: string, options: CheckOptions, outputs: CheckOutputs): Promise<number> {
  let plan: Plan | undefined
  let problems: readonly Problem[] = []
  try {
    plan = await checkDocument(file)
  } catch (error) {
    if (!(error instanceof PipelineSpecError)) throw error
    problems = error.problems
  }
  if (options.json === true) outputs.stdout.write(`${JSON.stringify(describeAsJson(file, plan, problems))}\n`)
  else if (plan === undefined) outputs.stderr.write(renderProblems(problems))
  else
    outputs.stdout.write(`${file}: ok (${plural(plan.stages.length, 'stage')}, ${plural(actorCount(plan), 'actor')})\n`)
  return plan === undefined ? exitCodes.wrong : exitCodes.done
}

function describeAsJson(file: string, plan: Plan | undefined, problems: readonly Problem[]): object {
  if (plan === undefined) return { file, ok: false, problems }
  const stages = plan.stages.map(({ name, actors }) => ({ name, actors }))
  return { file, ok: true, pipeline: plan.name, stages, problems }
}

function actorCount(plan: Plan): number {
  return plan.stages.reduce((count, { actors }) => count + actors, 0)
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
