import {
  type Alias,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  type YAMLMap,
} from 'yaml'
import type { DocumentNode, MappingEntry, MappingNode, Place } from './document.ts'
import type { ProblemList } from './problem-list.ts'

/** More values than any pipeline has: what an alias that repeats an alias that repeats an alias would unfold to. */
const nodeCountLimit = 100_000

interface Reading {
  readonly text: string
  readonly lines: LineCounter
  readonly problems: ProblemList
  readonly resolveAlias: (alias: Alias) => Node | undefined
  readonly open: Set<Node>
  nodeCount: number
}

/**
 * Reads the text of a pipeline document (YAML, hence JSON too) into a tree that knows the place of each value. Reports
 * syntax errors, unknown tags and keys that are there twice. Returns undefined when the text cannot be read as a whole.
 */
export function parseDocumentText(text: string, problems: ProblemList): DocumentNode | undefined {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    keepSourceTokens: true,
  })
  const reading: Reading = {
    text,
    lines,
    problems,
    resolveAlias: (alias) => alias.resolve(document),
    open: new Set(),
    nodeCount: 0,
  }
  const complaints = [...document.errors, ...document.warnings]
  const linesWithComplaint = new Set<number>()
  for (const complaint of complaints) {
    const place = placeAt(reading, complaint.pos[0])
    // One slip of the pen makes the parser stumble several times on the rest of its line.
    if (linesWithComplaint.has(place.line)) continue
    linesWithComplaint.add(place.line)
    problems.report(place, `${complaint.message}${functionHint(reading, place)}`)
  }
  if (document.errors.length > 0) return undefined
  const contents = document.contents
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    problems.report(
      { line: 1, column: 1, offset: 0, path: '' },
      'the document is empty: it needs a mapping with stages',
    )
    return undefined
  }
  return convert(reading, contents)
}

function placeAt(reading: Reading, offset: number): Place {
  const { line, col } = reading.lines.linePos(offset)
  return { line, column: col, offset, path: '' }
}

function functionHint(reading: Reading, place: Place): string {
  const line = reading.text.split('\n', place.line)[place.line - 1] ?? ''
  if (!line.includes('=>')) return ''
  return '; a function with { } [ ] or a colon in it must be quoted, or stand below a | on lines of its own'
}

function convert(reading: Reading, node: Node): DocumentNode {
  const offset = node.range?.[0] ?? 0
  const place = placeAt(reading, offset)
  reading.nodeCount++
  if (reading.nodeCount === nodeCountLimit) reading.problems.report(place, 'the document is too large')
  if (reading.nodeCount >= nodeCountLimit) return emptyScalar(place)
  if (isAlias(node)) return convertAlias(reading, node, place)
  if (isScalar(node)) return convertScalar(reading, node, place)
  if (!isCollection(node)) return emptyScalar(place)
  reading.open.add(node)
  const converted = isMap(node) ? convertMap(reading, node, place) : convertItems(reading, node.items as Node[], place)
  reading.open.delete(node)
  return converted
}

function convertItems(reading: Reading, items: readonly Node[], place: Place): DocumentNode {
  return { kind: 'sequence', place, items: items.map((item) => convert(reading, item)) }
}

function convertAlias(reading: Reading, alias: Alias, place: Place): DocumentNode {
  const target = reading.resolveAlias(alias)
  if (target !== undefined && !reading.open.has(target)) return convert(reading, target)
  const why = target === undefined ? 'names no anchor above it' : 'contains itself'
  reading.problems.report(place, `the alias *${alias.source} ${why}`)
  return emptyScalar(place)
}

function convertMap(reading: Reading, map: YAMLMap, place: Place): MappingNode {
  const entries = new Map<string, MappingEntry>()
  for (const pair of map.items as Pair<Node, Node | null>[]) {
    const keyPlace = placeAt(reading, pair.key.range?.[0] ?? place.offset)
    if (!isScalar(pair.key)) {
      reading.problems.report(keyPlace, 'a key must be plain text')
      continue
    }
    const key = pair.key.source ?? (typeof pair.key.value === 'string' ? pair.key.value : '')
    const first = entries.get(key)
    if (first === undefined) {
      const value = pair.value === null ? emptyScalar(keyPlace) : convert(reading, pair.value)
      entries.set(key, { key, keyPlace, value })
    } else {
      const where = `line ${first.keyPlace.line}, column ${first.keyPlace.column}`
      reading.problems.report(keyPlace, `'${key}' is there twice: first at ${where}`)
    }
  }
  return { kind: 'mapping', place, entries: [...entries.values()] }
}

function convertScalar(reading: Reading, scalar: Scalar, place: Place): DocumentNode {
  const value = scalar.value
  const plain = scalar.type === Scalar.PLAIN
  if (typeof value === 'number' && !Number.isFinite(value)) reading.problems.report(place, 'a number must be finite')
  if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) {
    reading.problems.report(place, 'only text, numbers, true, false and null can stand here')
    return emptyScalar(place)
  }
  const textPlace = placeAt(reading, textOffset(reading.text, scalar, place.offset))
  return { kind: 'scalar', place, value: value as string | number | boolean | null, textPlace, plain }
}

/** Where the characters of a scalar's text begin. */
function textOffset(text: string, scalar: Scalar, offset: number): number {
  if (scalar.type === Scalar.QUOTE_DOUBLE || scalar.type === Scalar.QUOTE_SINGLE) return offset + 1
  if (scalar.type !== Scalar.BLOCK_LITERAL && scalar.type !== Scalar.BLOCK_FOLDED) return offset
  const header = text.indexOf('\n', offset)
  if (header === -1) return offset
  const body = text.slice(header + 1).search(/[^ ]/)
  return header + 1 + Math.max(0, body)
}

function emptyScalar(place: Place): DocumentNode {
  return { kind: 'scalar', place, value: null, textPlace: place, plain: true }
}
