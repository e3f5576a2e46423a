import { basename, extname } from 'node:path'
import { type DocumentNode, describeNode, findEntry, type MappingNode } from './document.ts'
import { checkGraph, sortStages } from './lint/graph.ts'
import { type LintScope, readText } from './lint/scope.ts'
import { checkStage, type StageDraft } from './lint/stage.ts'
import type { Plan, StagePlan, StepPlan } from './plan.ts'
import { suggestion } from './suggest.ts'

/** The keys of a pipeline document. */
const documentKeys: readonly string[] = ['pipeline', 'stages']

/**
 * Checks a whole document and makes the plan of it. Reports all that is wrong in the scope's list, and returns undefined
 * if anything was. Nothing is started, and no code of the user's is run.
 */
export function lintDocument(scope: LintScope, root: DocumentNode): Plan | undefined {
  if (root.kind !== 'mapping') {
    if (scope.problems.has(root.place)) return undefined
    const keys = "'pipeline' and 'stages'"
    scope.problems.report(root.place, `a pipeline document must be a mapping of ${keys}, not ${describeNode(root)}`)
    return undefined
  }
  for (const { key, keyPlace } of root.entries) {
    if (documentKeys.includes(key)) continue
    scope.problems.report(keyPlace, `unknown key '${key}' of a pipeline${suggestion(key, documentKeys)}`)
  }
  const name = checkPipelineName(scope, root)
  const stages = checkStages(scope, root)
  if (scope.problems.count > 0) return undefined
  const file = scope.file === undefined ? {} : { file: scope.file }
  return { name, ...file, directory: scope.directory, stages: toStagePlans(stages) }
}

function checkPipelineName(scope: LintScope, root: MappingNode): string {
  const node = findEntry(root, 'pipeline')?.value
  if (node === undefined) {
    return scope.file === undefined ? 'pipeline' : basename(scope.file, extname(scope.file))
  }
  const name = readText(scope, node)
  if (name !== undefined && /^\S(.{0,62}\S)?$/u.test(name)) return name
  if (!scope.problems.has(node.place)) {
    const rule = "'pipeline' must be the pipeline's name, one line of at most 64 characters"
    scope.problems.report(node.place, `${rule}, not ${describeNode(node)}`)
  }
  return ''
}

function checkStages(scope: LintScope, root: MappingNode): StageDraft[] {
  const entry = findEntry(root, 'stages')
  if (entry === undefined) {
    scope.problems.report(root.place, "the document has no 'stages'")
    return []
  }
  const { keyPlace, value } = entry
  if (value.kind === 'mapping' && value.entries.length > 0) {
    const stages = value.entries.map((stage) => checkStage(scope, stage))
    checkGraph(scope, stages)
    return stages
  }
  if (scope.problems.has(value.place)) return []
  const isEmpty = value.kind === 'mapping' || (value.kind === 'scalar' && value.value === null)
  if (isEmpty) scope.problems.report(keyPlace, "'stages' is empty: a pipeline needs at least one stage")
  else scope.problems.report(value.place, `'stages' must be a mapping of names to stages, not ${describeNode(value)}`)
  return []
}

function toStagePlans(stages: readonly StageDraft[]): StagePlan[] {
  return sortStages(stages).sorted.map((stage) => ({
    name: stage.name,
    actors: stage.actors,
    inputs: stage.inputs.map(({ place: _place, ...input }) => input),
    ...(stage.source === undefined ? {} : { source: stage.source }),
    steps: stage.steps.filter((step): step is StepPlan => step !== undefined),
    ...(stage.sink === undefined ? {} : { sink: stage.sink }),
    ...(stage.trace === undefined ? {} : { trace: stage.trace }),
    consumers: stages
      .filter((other) => other.inputs.some((input) => input.stage === stage.name))
      .map((other) => other.name),
    location: stage.location,
  }))
}
