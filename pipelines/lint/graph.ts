import { findNearest, suggestion } from '../suggest.ts'
import type { LintScope } from './scope.ts'
import type { InputDraft, StageDraft } from './stage.ts'

/** Checks how the stages read each other: unknown names, cycles, stages that nobody can read or that nobody does. */
export function checkGraph(scope: LintScope, stages: readonly StageDraft[]): void {
  const byName = new Map(stages.map((stage) => [stage.name, stage]))
  const read = new Set<string>()
  for (const stage of stages) {
    const seen = new Set<string>()
    for (const input of stage.inputs) {
      checkInput(scope, stage, input, byName)
      if (seen.has(input.stage)) scope.problems.report(input.place, `the stage '${input.stage}' is an input twice`)
      seen.add(input.stage)
      // A misspelt name is one problem: the stage that was meant is not unread on top of it.
      read.add(byName.has(input.stage) ? input.stage : (findNearest(input.stage, [...byName.keys()]) ?? ''))
    }
  }
  for (const stage of stages) {
    if (!scope.requireSinks || stage.hasSink || read.has(stage.name)) continue
    if (scope.problems.has(stage.place) || scope.problems.has(stage.valuePlace)) continue
    scope.problems.report(stage.place, `nobody reads the stage '${stage.name}', and it has no sink`)
  }
  checkCycles(scope, stages)
  checkStdin(scope, stages)
}

function checkInput(
  scope: LintScope,
  stage: StageDraft,
  input: InputDraft,
  byName: ReadonlyMap<string, StageDraft>,
): void {
  const target = byName.get(input.stage)
  if (input.stage === stage.name) {
    scope.problems.report(input.place, `the stage '${stage.name}' reads itself`)
  } else if (target === undefined) {
    const others = [...byName.keys()].filter((name) => name !== stage.name)
    scope.problems.report(input.place, `there is no stage '${input.stage}'${suggestion(input.stage, others)}`)
  } else if (target.hasSink) {
    scope.problems.report(input.place, `the stage '${input.stage}' ends in a sink: nothing comes out of it to read`)
  }
}

function checkStdin(scope: LintScope, stages: readonly StageDraft[]): void {
  const [, ...others] = stages.filter((stage) => stage.source?.kind === 'builtin' && stage.source.name === 'stdin')
  for (const stage of others) {
    scope.problems.report(stage.place, `the stage '${stage.name}' reads stdin, which another stage reads already`)
  }
}

function checkCycles(scope: LintScope, stages: readonly StageDraft[]): void {
  let { left } = sortStages(stages)
  while (left.length > 0) {
    const cycle = findCycle(left)
    const names = new Set(cycle.map((stage) => stage.name))
    const first = left.find((stage) => names.has(stage.name)) as StageDraft
    const at = cycle.indexOf(first)
    const turned = [...cycle.slice(at), ...cycle.slice(0, at), first]
    const input = first.inputs.find((each) => each.stage === turned.at(-2)?.name)
    const path = turned.map((stage) => stage.name).join(' -> ')
    if (input !== undefined) scope.problems.report(input.place, `the stages wait for each other in a cycle: ${path}`)
    left = sortStages(left.filter((stage) => !names.has(stage.name))).left
  }
}

/** A cycle among stages each of which reads another of them, in the direction that items would flow. */
function findCycle(stages: readonly StageDraft[]): StageDraft[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]))
  const walked: StageDraft[] = []
  let stage = stages[0]
  while (stage !== undefined && !walked.includes(stage)) {
    walked.push(stage)
    stage = upstreamOf(stage, byName)[0]
  }
  return stage === undefined ? walked : walked.slice(walked.indexOf(stage)).reverse()
}

function upstreamOf(stage: StageDraft, byName: ReadonlyMap<string, StageDraft>): StageDraft[] {
  return stage.inputs.filter((input) => input.stage !== stage.name).flatMap((input) => byName.get(input.stage) ?? [])
}

/** The stages, each after those that it reads; `left` are those for which there is no such order. */
export function sortStages(stages: readonly StageDraft[]): { sorted: StageDraft[]; left: StageDraft[] } {
  const sorted: StageDraft[] = []
  let left = [...stages]
  for (;;) {
    const byName = new Map(left.map((stage) => [stage.name, stage]))
    const ready = left.filter((stage) => upstreamOf(stage, byName).length === 0)
    if (ready.length === 0) return { sorted, left }
    sorted.push(...ready)
    left = left.filter((stage) => !ready.includes(stage))
  }
}
