import { sinks, sources } from '../catalog.ts'
import type { SinkDefinition, SourceDefinition } from '../definition.ts'
import { type DocumentNode, describeNode, type MappingEntry, type MappingNode, type Place } from '../document.ts'
import { optionFields } from '../option-fields.ts'
import type { EndPlan, ModulePlan } from '../plan.ts'
import { suggestion } from '../suggest.ts'
import { checkModule, checkModuleNode, isModuleReference } from './functions.ts'
import { checkOptions } from './options.ts'
import { type LintScope, locate, readData, readText } from './scope.ts'

/** The two ends of a stage that the catalogue has built-in ones for. */
export type EndKind = 'source' | 'sink'

/**
 * Checks the value of `source` or `sink`: the name of a built-in one, with its options below it or without any, or a
 * function of the user's.
 */
export function checkEnd(
  scope: LintScope,
  kind: EndKind,
  { keyPlace, value: node }: MappingEntry,
): EndPlan | undefined {
  if (node.kind === 'mapping') return checkMapping(scope, kind, node, keyPlace)
  const text = readText(scope, node)
  if (text === undefined) {
    if (scope.problems.has(node.place)) return undefined
    const names = `${Object.keys(catalogOf(kind)).join(', ')}, or './file.ts#name'`
    scope.problems.report(node.place, `'${kind}' must be one of ${names}, not ${describeNode(node)}`)
    return undefined
  }
  if (isModuleReference(text)) {
    const module = checkModule(scope, node.place, text)
    return module && { ...module, with: {} }
  }
  return checkBuiltin(scope, kind, text, node.place, node.place, emptyMapping(node.place))
}

/** The definition of a built-in source or sink. */
export function findDefinition(kind: EndKind, name: string): SourceDefinition | SinkDefinition | undefined {
  const catalog = catalogOf(kind)
  return Object.hasOwn(catalog, name) ? catalog[name] : undefined
}

function catalogOf(kind: EndKind): Readonly<Record<string, SourceDefinition | SinkDefinition>> {
  return kind === 'source' ? sources : sinks
}

function checkMapping(scope: LintScope, kind: EndKind, node: MappingNode, keyPlace: Place): EndPlan | undefined {
  if (node.entries.some((entry) => entry.key === 'use')) return checkUse(scope, node)
  const [first, ...others] = node.entries
  if (first === undefined) {
    scope.problems.report(keyPlace, `'${kind}' is empty${suggestion('', [...Object.keys(catalogOf(kind)), 'use'])}`)
    return undefined
  }
  for (const other of others) {
    const hint = `a ${kind} has one name, and its options are indented below that`
    scope.problems.report(other.keyPlace, `'${other.key}' is one too many beside '${first.key}': ${hint}`)
  }
  const { value } = first
  const isBare = value.kind === 'scalar' && value.value === null
  const options = isBare ? emptyMapping(value.place) : value
  return checkBuiltin(scope, kind, first.key, first.keyPlace, first.keyPlace, options)
}

function checkBuiltin(
  scope: LintScope,
  kind: EndKind,
  name: string,
  place: Place,
  keyPlace: Place,
  options: DocumentNode,
): EndPlan | undefined {
  const definition = findDefinition(kind, name)
  if (definition === undefined) {
    const known = [...Object.keys(catalogOf(kind)), 'use']
    scope.problems.report(place, `there is no ${kind} '${name}'${suggestion(name, known)}`)
    return undefined
  }
  const schema = definition.options(optionFields)
  const checked = checkOptions(scope, options, schema, { key: name, keyPlace })
  if (checked === undefined) return undefined
  return { kind: 'builtin', name, options: checked.value as Record<string, unknown>, location: locate(scope, place) }
}

/** Checks `use: ./file.ts#name` and the `with` beside it. */
export function checkUse(scope: LintScope, node: MappingNode): ModulePlan | undefined {
  let plan: Omit<ModulePlan, 'with'> | undefined
  let options: unknown = {}
  for (const { key, keyPlace, value } of node.entries) {
    if (key === 'use') plan = checkModuleNode(scope, value, "'use'")
    else if (key === 'with') options = readData(scope, value) ?? {}
    else scope.problems.report(keyPlace, `unknown key '${key}' beside 'use'${suggestion(key, ['use', 'with'])}`)
  }
  return plan && { ...plan, with: options }
}

function emptyMapping(place: Place): MappingNode {
  return { kind: 'mapping', place, entries: [] }
}
