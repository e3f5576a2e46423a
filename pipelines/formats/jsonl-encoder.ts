/**
 * Items as lines of JSON. What JSON has no word for is written as what comes nearest: a Map and a Set as lists, a bigint
 * as text, `undefined` and functions as null.
 */
export function encodeJsonl(items: readonly unknown[]): string {
  let text = ''
  for (const item of items) text += `${encode(item)}\n`
  return text
}

function encode(item: unknown): string {
  // A replacer makes JSON.stringify several times slower, and hardly any item needs it.
  const json = needsReplacer(item, 0) ? JSON.stringify(item, replace) : JSON.stringify(item)
  return json ?? 'null'
}

const depthLimit = 64

function needsReplacer(value: unknown, depth: number): boolean {
  if (typeof value === 'bigint') return true
  if (typeof value !== 'object' || value === null || depth > depthLimit) return false
  if (value instanceof Map || value instanceof Set) return true
  for (const key in value) if (needsReplacer((value as Record<string, unknown>)[key], depth + 1)) return true
  return false
}

function replace(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Map || value instanceof Set ? [...value] : value
}
