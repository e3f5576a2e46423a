import { resolve } from 'node:path'
import type { DocumentNode, Place } from '../document.ts'
import type { ProblemList } from '../problem-list.ts'
import { type Environment, readPlainScalar, substitute } from '../substitute.ts'

/** What the checks of one document share. */
export interface LintScope {
  readonly problems: ProblemList
  /** The document as it is called in messages; undefined for one that was given as an object. */
  readonly file: string | undefined
  readonly directory: string
  readonly environment: Environment
  /** The names that an `ix` step may have; any name where undefined. */
  readonly ixNames: readonly string[] | undefined
  /** Whether a stage that nobody reads must have a sink. */
  readonly requireSinks: boolean
}

/** A place of the document as `file:line:column`, or as a path in a document that was given as an object. */
export function locate(scope: LintScope, place: Place): string {
  return place.line === 0 ? place.path : `${scope.file}:${place.line}:${place.column}`
}

/** What stack traces call the document. */
export function scriptOf(scope: LintScope, place: Place): string {
  return scope.file === undefined ? place.path : resolve(scope.file)
}

/** The text of a node with its variables substituted; undefined, and reported, if it is no text or a variable is missing. */
export function readText(scope: LintScope, node: DocumentNode): string | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return undefined
  const { text, failures } = substitute(node.value, scope.environment)
  for (const { index, message } of failures) scope.problems.report(shifted(node.textPlace, node.value, index), message)
  return failures.length === 0 ? text : undefined
}

/** The value of a scalar with variables substituted. A bare `${N}` may stand for a number, true, false or null. */
function readScalar(scope: LintScope, node: DocumentNode & { kind: 'scalar' }): string | number | boolean | null {
  if (typeof node.value !== 'string') return node.value
  const text = readText(scope, node) ?? ''
  return node.plain && text !== node.value ? readPlainScalar(text) : text
}

/** Data of no particular shape, as under `with`, with the variables in its text substituted. */
export function readData(scope: LintScope, node: DocumentNode): unknown {
  if (node.kind === 'scalar') return readScalar(scope, node)
  if (node.kind === 'sequence') return node.items.map((item) => readData(scope, item))
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, readData(scope, value)]))
}

/** The place so many characters further on in the text that begins at this place. */
export function shifted(place: Place, text: string, index: number): Place {
  if (place.line === 0) return place
  const before = text.slice(0, index).split('\n')
  const last = before.at(-1) ?? ''
  // The lines of a block begin below one another.
  return {
    ...place,
    line: place.line + before.length - 1,
    column: place.column + last.length,
    offset: place.offset + index,
  }
}
