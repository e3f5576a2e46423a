import { type DocumentNode, describeNode, type MappingEntry, type MappingNode, type Place } from '../document.ts'
import type { FunctionPlan } from '../function-plan.ts'
import { looksLikeFunction } from '../inline-function.ts'
import { optionFields } from '../option-fields.ts'
import type { ArgumentFunction, StepPlan } from '../plan.ts'
import { steps } from '../steps.ts'
import { suggestion } from '../suggest.ts'
import { checkUse } from './ends.ts'
import { checkFunction, isModuleReference } from './functions.ts'
import { checkOptions } from './options.ts'
import { type LintScope, locate, readData, readText } from './scope.ts'

/** The names that a step can begin with. */
const stepNames: readonly string[] = [...Object.keys(steps), 'use', 'ix'].sort()

/** Checks the value of `steps`. A step that is wrong is reported and has an undefined in its place. */
export function checkSteps(scope: LintScope, node: DocumentNode): (StepPlan | undefined)[] {
  if (node.kind === 'sequence') return node.items.map((item) => checkStep(scope, item))
  if (node.kind !== 'scalar' || node.value !== null) {
    scope.problems.report(node.place, `'steps' must be a list, '- map: ...', not ${describeNode(node)}`)
  }
  return []
}

function checkStep(scope: LintScope, node: DocumentNode): StepPlan | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    const absent: DocumentNode = { ...node, value: null }
    return checkCatalogStep(scope, { key: node.value, keyPlace: node.place, value: absent })
  }
  if (node.kind !== 'mapping' || node.entries.length === 0) {
    scope.problems.report(node.place, `a step must be a name and its value, 'map: ...', not ${describeNode(node)}`)
    return undefined
  }
  const keys = node.entries.map((entry) => entry.key)
  if (keys.includes('use')) {
    const plan = checkUse(scope, node)
    if (plan === undefined) return undefined
    const { with: options, ...module } = plan
    return { kind: 'use', module, with: options, location: module.location }
  }
  return keys.includes('ix') ? checkIx(scope, node) : checkSingle(scope, node)
}

function checkSingle(scope: LintScope, node: MappingNode): StepPlan | undefined {
  const [first, ...others] = node.entries
  for (const other of others) {
    const hint = other.key === 'with' ? "only 'use' and 'ix' take it" : "begin a further step with '- '"
    scope.problems.report(other.keyPlace, `'${other.key}' is one too many in this step: ${hint}`)
  }
  return first && checkCatalogStep(scope, first)
}

function checkCatalogStep(scope: LintScope, entry: MappingEntry): StepPlan | undefined {
  const { key, keyPlace, value } = entry
  const definition = Object.hasOwn(steps, key) ? steps[key] : undefined
  if (definition === undefined) {
    const known = stepNames.includes(key)
    scope.problems.report(
      keyPlace,
      known ? `'${key}' is missing its value` : `there is no step '${key}'${suggestion(key, stepNames)}`,
    )
    return undefined
  }
  const checked = checkOptions(scope, value, definition.value(optionFields), { key, keyPlace })
  return checked && toStepPlan(key, checked.value, locate(scope, keyPlace))
}

function toStepPlan(name: string, value: unknown, location: string): StepPlan {
  switch (name) {
    case 'map':
    case 'filter':
    case 'flatMap':
      return { kind: name, fn: value as FunctionPlan, location }
    case 'take':
    case 'skip':
    case 'batch':
      return { kind: name, count: value as number, location }
    case 'countBy':
      return { kind: name, by: value as FunctionPlan, location }
    case 'distinct':
      return value === null ? { kind: name, location } : { kind: name, by: value as FunctionPlan, location }
    case 'sum':
      return value === null ? { kind: name, location } : { kind: name, of: value as FunctionPlan, location }
    case 'merge':
      return { kind: name, stages: typeof value === 'string' ? [value] : (value as string[]), location }
    default:
      return { kind: name, ...(value as object), location } as StepPlan
  }
}

function checkIx(scope: LintScope, node: MappingNode): StepPlan | undefined {
  const countBefore = scope.problems.count
  let name = ''
  let place: Place = node.place
  let args: unknown[] = []
  const functions: ArgumentFunction[] = []
  for (const { key, keyPlace, value } of node.entries) {
    if (key === 'ix') {
      name = checkIxName(scope, value)
      place = keyPlace
    } else if (key === 'with' && value.kind === 'sequence') {
      args = value.items.map((item, index) => readArgument(scope, item, [index], functions))
    } else if (key === 'with') {
      scope.problems.report(
        value.place,
        `'with' of an ix step must be the list of its arguments, not ${describeNode(value)}`,
      )
    } else {
      scope.problems.report(keyPlace, `unknown key '${key}' beside 'ix'${suggestion(key, ['ix', 'with'])}`)
    }
  }
  if (scope.problems.count > countBefore) return undefined
  return { kind: 'ix', name, args, functions, location: locate(scope, place) }
}

function checkIxName(scope: LintScope, node: DocumentNode): string {
  const name = readText(scope, node)
  if (name === undefined) {
    if (!scope.problems.has(node.place)) {
      scope.problems.report(node.place, `'ix' must be the name of an IxJS operator, not ${describeNode(node)}`)
    }
    return ''
  }
  const { ixNames } = scope
  if (ixNames !== undefined && !ixNames.includes(name)) {
    const nearest = suggestion(name, ixNames).replace(/ \(known: .*\)$/, '')
    scope.problems.report(node.place, `IxJS has no operator '${name}'${nearest}`)
  }
  return name
}

/** Arguments are data, but text that reads as a function is one: operators take little else. */
function readArgument(
  scope: LintScope,
  node: DocumentNode,
  path: readonly (string | number)[],
  functions: ArgumentFunction[],
): unknown {
  if (node.kind === 'sequence') {
    return node.items.map((item, index) => readArgument(scope, item, [...path, index], functions))
  }
  if (node.kind === 'mapping') {
    const read = node.entries.map(({ key, value }) => [key, readArgument(scope, value, [...path, key], functions)])
    return Object.fromEntries(read)
  }
  const isFunction = typeof node.value === 'string' && (looksLikeFunction(node.value) || isModuleReference(node.value))
  if (!isFunction) return readData(scope, node)
  const fn = checkFunction(scope, node, 'the argument')
  if (fn !== undefined) functions.push({ path, fn })
  return null
}
