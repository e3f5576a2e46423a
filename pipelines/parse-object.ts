import type { DocumentNode, MappingEntry, Place } from './document.ts'
import type { ProblemList } from './problem-list.ts'

interface Reading {
  readonly problems: ProblemList
  readonly open: Set<object>
  nodeCount: number
}

/**
 * Reads a pipeline document that was given as a plain object into the tree that text is read into, with paths
 * (`stages.words.steps[0]`) for places. Reports whatever is not plain data: a function, a class instance, a cycle.
 */
export function parseDocumentObject(value: unknown, problems: ProblemList): DocumentNode {
  return convert({ problems, open: new Set(), nodeCount: 0 }, value, '')
}

function convert(reading: Reading, value: unknown, path: string): DocumentNode {
  const place = nextPlace(reading, path)
  if (value === undefined || value === null) return scalar(place, null)
  if (typeof value === 'string' || typeof value === 'boolean') return scalar(place, value)
  if (typeof value === 'number' && Number.isFinite(value)) return scalar(place, value)
  if (typeof value === 'object') return convertObject(reading, value, place)
  const why =
    typeof value === 'function'
      ? "a function must be given as text here: 'item => ...', or './file.ts#name'"
      : `only plain data can stand here, not a ${typeof value}`
  reading.problems.report(place, why)
  return scalar(place, null)
}

function convertObject(reading: Reading, value: object, place: Place): DocumentNode {
  const prototype: unknown = Object.getPrototypeOf(value)
  const isPlain = Array.isArray(value) || prototype === null || prototype === Object.prototype
  if (!isPlain || reading.open.has(value)) {
    const why = isPlain ? 'the value contains itself' : 'only plain data can stand here, not an instance of a class'
    reading.problems.report(place, why)
    return scalar(place, null)
  }
  reading.open.add(value)
  const node = Array.isArray(value) ? convertArray(reading, value, place) : convertRecord(reading, value, place)
  reading.open.delete(value)
  return node
}

function convertArray(reading: Reading, items: readonly unknown[], place: Place): DocumentNode {
  const converted = items.map((item, index) => convert(reading, item, `${place.path}[${index}]`))
  return { kind: 'sequence', place, items: converted }
}

function convertRecord(reading: Reading, record: object, place: Place): DocumentNode {
  const entries: MappingEntry[] = []
  for (const [key, value] of Object.entries(record)) {
    if (value === undefined) continue
    const path = place.path === '' ? key : `${place.path}.${key}`
    entries.push({ key, keyPlace: nextPlace(reading, path), value: convert(reading, value, path) })
  }
  return { kind: 'mapping', place, entries }
}

function nextPlace(reading: Reading, path: string): Place {
  return { line: 0, column: 0, offset: reading.nodeCount++, path }
}

function scalar(place: Place, value: string | number | boolean | null): DocumentNode {
  return { kind: 'scalar', place, value, textPlace: place, plain: false }
}
