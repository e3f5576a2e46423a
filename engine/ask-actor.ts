import type { ActorRuntime } from './actor-runtime.ts'
import type { ActorAddress } from './address.ts'
import { DeadlineExceededError } from './errors.ts'
import { callService } from './portal.ts'
import { ambientScope } from './scope.ts'
import { steadyMs } from './steady-clock.ts'

// An actor that is held up is what it is all about: it is not waited for long.
const answerTimeoutMs = 1_000
// Of the time that an actor itself has for its answer: what it knows of those below it has to arrive, too.
const shareBelow = 0.7

/** One of the engine's own requests. */
export interface ActorRequest {
  readonly service: string
  readonly functionName: string
  readonly args: readonly unknown[]
  /** A second by default; less where whoever asks has less time itself. */
  readonly timeoutMs?: number | undefined
}

/** Asks another actor something about itself. Throws `DeadlineExceededError` when it does not answer in time. */
export async function askActor(
  runtime: ActorRuntime,
  address: ActorAddress,
  { service, functionName, args, timeoutMs: wantedMs = answerTimeoutMs }: ActorRequest,
): Promise<unknown> {
  const ownMs = (ambientScope()?.deadlineAt ?? Infinity) - steadyMs()
  const timeoutMs = Math.min(wantedMs, ownMs * shareBelow)
  const answer = callService(runtime, address, service, functionName, [...args], { timeoutMs })
  const late = Promise.withResolvers<never>()
  // A call that is out of time waits for its callee to end, and one that is frozen does not.
  const timer = setTimeout(() => late.reject(new DeadlineExceededError(Math.round(timeoutMs))), timeoutMs)
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
    answer.catch(() => undefined)
  }
}
