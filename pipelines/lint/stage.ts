import {
  type DocumentNode,
  describeNode,
  findEntry,
  type MappingEntry,
  type MappingNode,
  type Place,
} from '../document.ts'
import { optionFields } from '../option-fields.ts'
import type { EndPlan, InputPlan, StagePlan, StepPlan } from '../plan.ts'
import { stageTraceSchema } from '../stage-trace.ts'
import { suggestion } from '../suggest.ts'
import { checkEnd, type EndKind, findDefinition } from './ends.ts'
import { checkOptions } from './options.ts'
import { type LintScope, locate, readText } from './scope.ts'
import { checkSteps } from './steps.ts'

/** What a stage reads, and where the document says so. */
export interface InputDraft extends InputPlan {
  readonly place: Place
}

/** A stage as far as it could be read, before it is checked against the others. */
export interface StageDraft {
  readonly name: string
  readonly place: Place
  readonly valuePlace: Place
  readonly actors: number
  readonly inputs: readonly InputDraft[]
  readonly source: EndPlan | undefined
  readonly steps: readonly (StepPlan | undefined)[]
  /** True when the document gives the stage a sink, whether that could be read or not. */
  readonly hasSink: boolean
  readonly sink: EndPlan | undefined
  readonly trace: StagePlan['trace']
  readonly location: string
}

/** The keys of a stage. */
const stageKeys: readonly string[] = ['source', 'from', 'actors', 'steps', 'sink', 'trace']

/** Checks one stage by itself. */
export function checkStage(scope: LintScope, entry: MappingEntry): StageDraft {
  const { key: name, keyPlace: place } = entry
  checkName(scope, name, place)
  const node = stageMapping(scope, entry)
  for (const { key, keyPlace } of node.entries) {
    if (stageKeys.includes(key)) continue
    scope.problems.report(keyPlace, `unknown key '${key}' of a stage${suggestion(key, stageKeys)}`)
  }
  const source = findEntry(node, 'source')
  const from = findEntry(node, 'from')
  const sink = findEntry(node, 'sink')
  const stepsEntry = findEntry(node, 'steps')
  if (source !== undefined && from !== undefined) {
    const later = source.keyPlace.offset > from.keyPlace.offset ? source : from
    scope.problems.report(later.keyPlace, `the stage '${name}' has both 'source' and 'from': it can have one of them`)
  }
  const isMeant = node.entries.length > 0 || !scope.problems.has(entry.value.place)
  if (source === undefined && from === undefined && isMeant) {
    scope.problems.report(place, `the stage '${name}' has no input: it needs 'source' or 'from'`)
  }
  const draft: StageDraft = {
    name,
    place,
    valuePlace: entry.value.place,
    actors: checkActors(scope, findEntry(node, 'actors')),
    inputs: from === undefined ? [] : readInputs(scope, from.value),
    source: source && checkEnd(scope, 'source', source),
    steps: stepsEntry === undefined ? [] : checkSteps(scope, stepsEntry.value),
    hasSink: sink !== undefined,
    sink: sink && checkEnd(scope, 'sink', sink),
    trace: checkTrace(scope, findEntry(node, 'trace')),
    location: locate(scope, place),
  }
  checkSingleActor(scope, node, draft)
  checkNamedInputs(scope, draft, stepsEntry, from)
  const merged = stepsEntry === undefined ? [] : mergedInputs(scope, stepsEntry.value)
  return { ...draft, inputs: [...draft.inputs, ...merged] }
}

function checkName(scope: LintScope, name: string, place: Place): void {
  if (/^[\p{L}_][\p{L}\p{N}_-]{0,63}$/u.test(name)) return
  const rule = 'a letter, then letters, digits, _ and -, at most 64 of them'
  scope.problems.report(place, `'${name}' cannot be the name of a stage: ${rule}`)
}

function stageMapping(scope: LintScope, { key, keyPlace, value }: MappingEntry): MappingNode {
  if (value.kind === 'mapping') return value
  const isEmpty = value.kind === 'scalar' && value.value === null
  const keys = stageKeys.join(', ')
  if (!isEmpty)
    scope.problems.report(value.place, `the stage '${key}' must be a mapping of ${keys}, not ${describeNode(value)}`)
  return { kind: 'mapping', place: keyPlace, entries: [] }
}

function checkActors(scope: LintScope, entry: MappingEntry | undefined): number {
  if (entry === undefined) return 1
  const { key, keyPlace, value } = entry
  const checked = checkOptions(scope, value, optionFields.z.int().min(1).max(64), { key, keyPlace })
  return checked === undefined ? 1 : (checked.value as number)
}

function checkTrace(scope: LintScope, entry: MappingEntry | undefined): StagePlan['trace'] {
  if (entry === undefined) return undefined
  const { key, keyPlace, value } = entry
  return checkOptions(scope, value, stageTraceSchema(), { key, keyPlace })?.value as StagePlan['trace']
}

/** Sources and sinks that would get in their own way in several actors. */
function checkSingleActor(scope: LintScope, node: MappingNode, draft: StageDraft): void {
  const place = findEntry(node, 'actors')?.value.place
  if (draft.actors === 1 || place === undefined) return
  const ends: [EndKind, EndPlan | undefined][] = [
    ['source', draft.source],
    ['sink', draft.sink],
  ]
  for (const [kind, end] of ends) {
    const because = end?.kind === 'builtin' ? findDefinition(kind, end.name)?.singleActorBecause : undefined
    if (end?.kind !== 'builtin' || because === undefined) continue
    const message = `a stage with the ${kind} '${end.name}' has one actor: ${draft.actors} ${because}`
    scope.problems.report(place, message)
  }
}

function readInputs(scope: LintScope, node: DocumentNode): InputDraft[] {
  const named = node.kind === 'mapping' ? node.entries : undefined
  const values = named?.map((entry) => entry.value) ?? (node.kind === 'sequence' ? node.items : [node])
  if (values.length === 0) scope.problems.report(node.place, "'from' names no stage")
  return values.flatMap((value, index) => {
    const stage = readStageName(scope, value, "'from'")
    const as = named?.[index]?.key
    if (stage === undefined) return []
    return [as === undefined ? { stage, place: value.place } : { stage, place: value.place, as }]
  })
}

function mergedInputs(scope: LintScope, node: DocumentNode): InputDraft[] {
  if (node.kind !== 'sequence') return []
  return node.items.flatMap((item, step) => {
    const value = item.kind === 'mapping' ? findEntry(item, 'merge')?.value : undefined
    if (value === undefined || value.kind === 'mapping') return []
    const names = value.kind === 'sequence' ? value.items : [value]
    return names.flatMap((name) => {
      const stage = readText(scope, name)
      return stage === undefined ? [] : [{ stage, place: name.place, step }]
    })
  })
}

function readStageName(scope: LintScope, node: DocumentNode, subject: string): string | undefined {
  const name = readText(scope, node)
  if (name !== undefined || scope.problems.has(node.place)) return name
  scope.problems.report(
    node.place,
    `${subject} must name a stage, a list of stages, or inputs by name, not ${describeNode(node)}`,
  )
  return undefined
}

function checkNamedInputs(
  scope: LintScope,
  draft: StageDraft,
  stepsEntry: MappingEntry | undefined,
  from: MappingEntry | undefined,
): void {
  if (from?.value.kind !== 'mapping' || draft.inputs.length === 0) return
  const node = stepsEntry?.value
  const first = node?.kind === 'sequence' ? node.items[0] : undefined
  if (first?.kind === 'mapping' && findEntry(first, 'use') !== undefined) return
  const place = first?.place ?? from.keyPlace
  const names = draft.inputs.map((input) => input.as).join(', ')
  scope.problems.report(
    place,
    `inputs by name (${names}) go to a function of yours: the first step must be 'use: ./file.ts#name'`,
  )
}
