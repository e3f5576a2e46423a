/** Reads a sequence to its end. */
export async function collect<T>(sequence: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of sequence) items.push(item)
  return items
}

/** Reads a sequence to its end or failure: what came, and what it failed with. */
export async function collectUntilError<T>(sequence: AsyncIterable<T>): Promise<{ items: T[]; error: unknown }> {
  const items: T[] = []
  try {
    for await (const item of sequence) items.push(item)
  } catch (error) {
    return { items, error }
  }
  return { items, error: undefined }
}

/** An async sequence of the items, then of the error if there is one. */
export async function* sequenceOf<T>(items: Iterable<T>, error?: Error): AsyncGenerator<T, void> {
  yield* items
  if (error !== undefined) throw error
}
