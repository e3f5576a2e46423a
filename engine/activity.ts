import { currentRuntime } from './current-actor.ts'
import type { Activity, Followed } from './interceptor.ts'
import { ambientScope, runInScope, Scope } from './scope.ts'

/** Tells the interceptor of this actor, if there is one, that the calling task begins something. */
export function startActivity(activity: Activity): Followed | undefined {
  return currentRuntime().interceptor?.activityStarted?.(activity)
}

/** Runs `fn` as a part of what is followed: the spans of what is done inside are its children. */
export async function withinActivity<T>(followed: Followed | undefined, fn: () => Promise<T>): Promise<T> {
  if (followed === undefined) return await fn()
  const runtime = currentRuntime()
  const scope = new Scope(runtime, ambientScope() ?? runtime.scope)
  scope.serving = followed
  // What was in hand outside is the parent of the activity already.
  scope.beginWith(undefined)
  try {
    return await runInScope(scope, fn)
  } finally {
    scope.close()
  }
}
