import fc from 'fast-check'

/** Values that may travel between actors, of every kind and nested; equal to themselves after a copy. */
export const encodableValues: fc.Arbitrary<unknown> = fc
  .anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
    maxDepth: 4,
  })
  .map((value) => asItArrives(value))

/** The value as the other side gets it: without prototypes, holes, negative zeros and a key that is called `__proto__`. */
function asItArrives(value: unknown): unknown {
  if (Object.is(value, -0)) return 0
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Date) return value
  if (Array.isArray(value)) return Array.from(value, asItArrives)
  if (value instanceof Map) return new Map(Array.from(value, ([key, entry]) => [asItArrives(key), asItArrives(entry)]))
  if (value instanceof Set) return new Set(Array.from(value, asItArrives))
  const entries = Object.entries(value).filter(([key]) => key !== '__proto__')
  return Object.fromEntries(entries.map(([key, entry]) => [key, asItArrives(entry)]))
}
