/**
 * How an actor that is debugged calls its user's functions.
 *
 * V8 can stop where an error is thrown that nobody will catch, with all frames and variables there still. But the engine
 * catches everything, so nothing would be uncaught. Called as here, a function has no handler of the engine in sight: V8
 * sees only those of the user's own code, and stops at what that lets out. What the caller gets is the same.
 */

/** Calls `fn` from an empty stack; whoever handles its failure does so only once it has happened. */
export function callExposed<T>(fn: () => T): Promise<Awaited<T>> {
  const called = callOnEmptyStack(fn)
  return new Promise((resolve, reject) => {
    // V8 takes no `finally` for a handler. A rejection may be handled until the microtasks have run: here it is.
    const settled = called.finally(() => {
      called.then(resolve, reject)
      settled.catch(() => undefined)
    })
  })
}

async function callOnEmptyStack<T>(fn: () => T): Promise<Awaited<T>> {
  await Promise.resolve()
  const value = fn()
  return await value
}

/** The same source of items, each of whose steps is called like that. */
export function exposeIterator(source: AsyncIterator<unknown> | Iterator<unknown>): AsyncIterator<unknown> {
  const exposed: AsyncIterator<unknown> = { next: () => callExposed(() => source.next()) }
  if (source.return !== undefined)
    exposed.return = (value?: unknown) => callExposed(() => source.return?.(value) ?? done)
  if (source.throw !== undefined) exposed.throw = (error?: unknown) => callExposed(() => source.throw?.(error) ?? done)
  return exposed
}

const done: IteratorResult<unknown> = { value: undefined, done: true }
