/** An input of a sink that can hand over all that has arrived at once. */
export interface BatchedInput<T> extends AsyncIterable<T> {
  batches(): AsyncIterable<readonly T[]>
}

// How long an input may take to end once the signal has aborted.
const leaveGraceMs = 1_000

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
      const left = Promise.resolve(iterator.return?.())
      // What is upstream has a `finally` to run; an input that ignores the abort may never let go.
      await (signal.aborted ? settledWithin(leaveGraceMs, left) : left)
    }
  }
}

async function settledWithin(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise.catch(() => undefined), timeUp])
  clearTimeout(timer)
}

async function* singles<T>(input: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  for await (const item of input) yield [item]
}
