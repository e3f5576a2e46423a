import type { Scope } from './scope.ts'
import { Timer } from './timer.ts'

/**
 * Waits for `work`, but no longer than `graceMs` from when one of `scopes` is cancelled; without any, from now on. Resolves to
 * false if the work was not done by then: it is left to itself, and so is what it throws later.
 */
export async function withinGrace(work: Promise<unknown>, graceMs: number, scopes: readonly Scope[]): Promise<boolean> {
  const expired = Promise.withResolvers<false>()
  let timer: Timer | undefined
  const start = () => {
    timer ??= new Timer(graceMs, () => expired.resolve(false))
  }
  if (scopes.length === 0) start()
  for (const scope of scopes) scope.onCancel(start)
  try {
    return await Promise.race([work.then(() => true), expired.promise])
  } finally {
    timer?.clear()
    for (const scope of scopes) scope.offCancel(start)
  }
}
