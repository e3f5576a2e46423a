/** A place in a document: line and column from 1 (0 in a document that was given as an object), and what orders places. */
export interface Place {
  readonly line: number
  readonly column: number
  /** Grows along the document, so that problems can be sorted. */
  readonly offset: number
  /** The path to the value in a document that was given as an object, `stages.words.steps[0]`; empty for text. */
  readonly path: string
}

/** A string, number, boolean or null of a document. */
interface ScalarNode {
  readonly kind: 'scalar'
  readonly place: Place
  readonly value: string | number | boolean | null
  /** Where the characters of a string begin: after its quote, or on the line below the `|` of a block. */
  readonly textPlace: Place
  /** True for text that stands in the document without quotes. */
  readonly plain: boolean
}

/** A list of a document. */
interface SequenceNode {
  readonly kind: 'sequence'
  readonly place: Place
  readonly items: readonly DocumentNode[]
}

/** One key and its value. */
export interface MappingEntry {
  readonly key: string
  readonly keyPlace: Place
  readonly value: DocumentNode
}

/** A mapping of a document, its keys in document order and each there once. */
export interface MappingNode {
  readonly kind: 'mapping'
  readonly place: Place
  readonly entries: readonly MappingEntry[]
}

/** A pipeline document as a tree of plain values that know their place, whether it came as text or as an object. */
export type DocumentNode = ScalarNode | SequenceNode | MappingNode

/** The entry of a key, if the mapping has it. */
export function findEntry(node: MappingNode, key: string): MappingEntry | undefined {
  return node.entries.find((entry) => entry.key === key)
}

/** What kind of value a node is, in the words of a problem message. */
export function describeNode(node: DocumentNode): string {
  if (node.kind === 'mapping') return 'a mapping'
  if (node.kind === 'sequence') return 'a list'
  if (node.value === null) return 'nothing'
  if (typeof node.value !== 'string') return String(node.value)
  const text = node.value.length > 40 ? `${node.value.slice(0, 37)}...` : node.value
  return `'${text.replaceAll('\n', '\\n')}'`
}
