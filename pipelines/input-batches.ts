/** An input of a sink that can hand over all that has arrived at once. */
export interface BatchedInput<T> extends AsyncIterable<T> {
  batches(): AsyncIterable<readonly T[]>
}

/**
 * Iterates an input by arrays: those of its `batches()` where it has them, otherwise of one item each. Throws the signal's
 * reason as soon as that aborts, even when the input itself takes no notice. Leaving it early leaves the input.
 */
export async function* inputBatches<T>(
  input: AsyncIterable<T> | BatchedInput<T>,
  signal: AbortSignal,
): AsyncGenerator<readonly T[]> {
  const hasBatches = 'batches' in input && typeof input.batches === 'function'
  const iterator = (hasBatches ? input.batches() : singles(input))[Symbol.asyncIterator]()
  // One promise a wait, not a race with one that lives as long as the signal and remembers every race.
  let interrupt: ((reason: unknown) => void) | undefined
  const abort = (): void => interrupt?.(signal.reason)
  signal.addEventListener('abort', abort)
  let ended = false
  try {
    for (;;) {
      signal.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<readonly T[]>>()
      interrupt = reject
      iterator.next().then(resolve, reject)
      const result = await promise.catch((error: unknown) => {
        ended = !signal.aborted
        throw error
      })
      if (result.done === true) {
        ended = true
        signal.throwIfAborted()
        return
      }
      yield result.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    if (!ended) {
      const left = iterator.return?.()
      // An input that ignores the abort may never let go: it is told, and not waited for.
      if (signal.aborted) left?.catch(() => {})
      else await left
    }
  }
}

async function* singles<T>(input: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  for await (const item of input) yield [item]
}
