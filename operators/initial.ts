import { describeValue } from './value-checks.ts'

/**
 * A fresh first accumulator for one run of `scan` or `reduce`, so that two runs never share one. Plain data is copied; a
 * function is called to make it.
 *
 * @throws TypeError when a value cannot be copied faithfully: an instance of a class, or something that holds a function.
 */
export function freshInitial<T>(initial: T | (() => T)): T {
  if (typeof initial === 'function') return (initial as () => T)()
  if (typeof initial !== 'object' || initial === null) return initial
  const copy = tryClone(initial)
  // A clone of a class instance has lost its methods; the failure would come later and explain nothing.
  if (copy === undefined || Object.getPrototypeOf(copy) !== Object.getPrototypeOf(initial)) {
    throw new TypeError(
      `initial is ${describeValue(initial)} that cannot be copied for each run; give a function that makes it`,
    )
  }
  return copy
}

function tryClone<T>(value: T): T | undefined {
  try {
    return structuredClone(value)
  } catch {
    return undefined
  }
}
