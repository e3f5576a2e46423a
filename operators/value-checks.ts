/** Names a value for an error message, shortly: `null`, `a string`, `an Array`, `a Stats`. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  if (typeof name !== 'string' || name === '') return 'an object'
  return /^[AEIOU]/.test(name) ? `an ${name}` : `a ${name}`
}

/**
 * Refuses a count that no sequence can have.
 *
 * @throws RangeError that names the step, when `count` is not a whole number of at least `least`.
 */
export function requireCount(step: string, count: number, least: number): void {
  if (Number.isSafeInteger(count) && count >= least) return
  const got = typeof count === 'number' ? String(count) : describeValue(count)
  throw new RangeError(`${step}: the count must be a whole number of at least ${least}, not ${got}`)
}

/** @throws TypeError that names the step, when `fn` is not a function. */
export function requireFunction(step: string, name: string, fn: unknown): void {
  if (typeof fn !== 'function') throw new TypeError(`${step}: ${name} must be a function, not ${describeValue(fn)}`)
}

/** @throws TypeError when a value to be added up is not a number: `+` would quietly join strings instead. */
export function requireNumber(value: unknown): asserts value is number {
  if (typeof value !== 'number') throw new TypeError(`sum takes numbers, but got ${describeValue(value)}`)
}

/**
 * Refuses what a `flatMap` function gave back, which cannot be iterated. A string could be, but letter by letter is never
 * what was meant.
 */
export function refuseIterable(value: unknown): never {
  if (value instanceof Promise) refusePromise('flatMap', value)
  if (typeof value === 'string') {
    throw new TypeError('a flatMap function must return an iterable of items, but got a string; put it in an array')
  }
  throw new TypeError(`a flatMap function must return an iterable of items, but got ${describeValue(value)}`)
}

/** Refuses a promise where a plain value is needed at once. The promise is still looked after: if it fails, nobody else would. */
export function refusePromise(kind: string, promise: Promise<unknown>): never {
  promise.catch(() => {})
  throw new TypeError(
    `a ${kind} function returned a promise where a plain value is needed; write it as an \`async\` function, so that it is awaited`,
  )
}
