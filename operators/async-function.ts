const ASYNC_TAGS: ReadonlySet<string> = new Set(['AsyncFunction', 'AsyncGeneratorFunction'])

/**
 * Whether a function was written as `async` (or as `async function*`), and so always gives a promise or an async sequence.
 * Such a function belongs to an item-wise operator, which awaits it; a kernel takes plain functions only.
 *
 * It goes by the function's tag, not by its constructor, so that functions from another realm are recognised too.
 */
export function isAsyncFunction(fn: (...args: never[]) => unknown): boolean {
  return ASYNC_TAGS.has((fn as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? '')
}
