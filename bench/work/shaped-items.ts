/** A record whose keys are not those of the one before it. */
export interface ShapedItem {
  readonly id: number
  readonly [key: string]: unknown
}

/** Records of so many shapes, in turns; a shape is a set of keys. */
export function* shapedItems(count: number, shapeCount: number): Generator<ShapedItem> {
  const keys = Array.from({ length: shapeCount }, (_, shape) => [`name${shape}`, `value${shape}`] as const)
  for (let id = 0; id < count; id += 1) {
    const [name, value] = keys[id % shapeCount] as (typeof keys)[number]
    yield { id, [name]: 'twenty characters...', [value]: id }
  }
}
