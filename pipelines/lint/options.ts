import { resolve } from 'node:path'
import type { z } from 'zod'
import { type DocumentNode, findEntry, type Place } from '../document.ts'
import { keysOf, schemaOf, textRole, unwrapSchema } from '../option-fields.ts'
import { replaceAt } from '../replace-at.ts'
import { readPlainScalar, substitute } from '../substitute.ts'
import { suggestion } from '../suggest.ts'
import { checkFunction } from './functions.ts'
import { describeIssue } from './issue.ts'
import { type LintScope, readData, readText } from './scope.ts'

/** A piece of text in options that stands for more than text. */
interface SpecialText {
  readonly path: PropertyKey[]
  readonly node: DocumentNode
  readonly role: 'function' | 'path'
}

/** What is being checked, in the words of a message. */
export interface OptionsSubject {
  /** The key that the options stand under. */
  readonly key: string
  readonly keyPlace: Place
}

/**
 * Checks options against their schema. Reports all that is wrong with them, each at its key or value. Returns them with
 * defaults filled in, paths absolute and functions as plans, or undefined if something was wrong.
 */
export function checkOptions(
  scope: LintScope,
  node: DocumentNode,
  schema: z.ZodType,
  subject: OptionsSubject,
): { readonly value: unknown } | undefined {
  const countBefore = scope.problems.count
  const special: SpecialText[] = []
  const raw = lower(scope, node, schema, [], special)
  const result = schema.safeParse(raw)
  for (const issue of result.error?.issues ?? []) reportIssue(scope, node, schema, subject, issue)
  const value = structuredClone(result.data)
  for (const { path, node: text, role } of special) {
    if (role === 'path') {
      if (result.success) replaceAt(value, path, resolve(scope.directory, String(valueAt(value, path))))
      continue
    }
    const plan = checkFunction(scope, text, `'${String(path.at(-1) ?? subject.key)}'`)
    if (plan !== undefined && path.length === 0 && result.success) return { value: plan }
    if (plan !== undefined && result.success) replaceAt(value, path, plan)
  }
  return scope.problems.count === countBefore ? { value } : undefined
}

/** The plain value of a node, with variables substituted wherever the schema does not ask for a function. */
function lower(
  scope: LintScope,
  node: DocumentNode,
  schema: z.core.$ZodType | undefined,
  path: PropertyKey[],
  special: SpecialText[],
): unknown {
  if (schema === undefined) return readData(scope, node)
  if (node.kind === 'sequence') {
    return node.items.map((item, index) => lower(scope, item, schemaOf(schema, index), [...path, index], special))
  }
  if (node.kind === 'mapping') {
    const lowered = node.entries.map(({ key, value }) => {
      return [key, lower(scope, value, schemaOf(schema, key), [...path, key], special)] as const
    })
    return Object.fromEntries(lowered)
  }
  const role = textRole(schema)
  if (typeof node.value !== 'string') return node.value
  if (role !== undefined) special.push({ path, node, role })
  return role === 'function' ? node.value : substituted(scope, node, schema)
}

function substituted(scope: LintScope, node: DocumentNode & { kind: 'scalar' }, schema: z.core.$ZodType): unknown {
  if (unwrapSchema(schema)._zod.def.type === 'unknown') return readData(scope, node)
  const text = readText(scope, node)
  if (text === undefined || text === node.value) return text ?? node.value
  const typed = readPlainScalar(text)
  const takesText = (schema as z.ZodType).safeParse(text).success
  return !takesText && (schema as z.ZodType).safeParse(typed).success ? typed : text
}

function reportIssue(
  scope: LintScope,
  root: DocumentNode,
  schema: z.ZodType,
  subject: OptionsSubject,
  issue: z.core.$ZodIssue,
): void {
  const at = nodeAt(root, issue.path)
  if (issue.code === 'unrecognized_keys') {
    const known = keysOf(issue.path.reduce<z.core.$ZodType | undefined>(schemaOf, schema))
    for (const key of issue.keys) {
      const place = (at.node?.kind === 'mapping' ? findEntry(at.node, key)?.keyPlace : undefined) ?? subject.keyPlace
      scope.problems.report(place, `unknown option '${key}'${suggestion(key, known)}`)
    }
    return
  }
  const key = String(issue.path.findLast((part) => typeof part === 'string') ?? subject.key)
  if (at.node === undefined) {
    const place = issue.path.length <= 1 ? subject.keyPlace : at.nearest.place
    scope.problems.report(place, `'${key}' is missing${issue.path.length <= 1 ? ` from '${subject.key}'` : ''}`)
    return
  }
  const role = textRole(issue.path.reduce<z.core.$ZodType | undefined>(schemaOf, schema) ?? schema)
  if (role === 'function') void checkFunction(scope, at.node, `'${key}'`)
  else if (!scope.problems.has(at.node.place)) {
    scope.problems.report(at.node.place, describeIssue(issue, key, withVariables(scope, at.node)))
  }
}

/** The node as it reads once its variables are put in: a message shows what was found there. */
function withVariables(scope: LintScope, node: DocumentNode): DocumentNode {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return node
  return { ...node, value: substitute(node.value, scope.environment).text }
}

/** The node at a path, and the last node on the way to it. */
function nodeAt(
  root: DocumentNode,
  path: readonly PropertyKey[],
): { node: DocumentNode | undefined; nearest: DocumentNode } {
  let nearest = root
  let node: DocumentNode | undefined = root
  for (const key of path) {
    if (node.kind === 'mapping') node = findEntry(node, String(key))?.value
    else node = node.kind === 'sequence' ? node.items[Number(key)] : undefined
    if (node === undefined) return { node, nearest }
    nearest = node
  }
  return { node, nearest }
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], data)
}
