import { currentRuntime } from './current-actor.ts'
import type { ReceivedHeaders } from './interceptor.ts'
import { adoptItemTrace } from './item-trace.ts'
import { ambientScope, type Scope } from './scope.ts'

// By the scope of the task that reads a source. What its task holds is overtaken by the steps that follow in the same stage.
const continued = new WeakMap<Scope, unknown>()
let anyContinued = false

/**
 * Says whose trace the items belong to that the calling task gives out from now on: what came in as headers of a request or a
 * message, with a `traceparent`, and `tracestate` and `baggage` where there are any; of bytes, their text. A source that takes
 * messages calls it before each `yield`; headers without a trace have the items begin theirs. Does nothing where nobody traces. Throws `UsageError` outside of actors.
 */
export function continueTrace(headers: ReceivedHeaders): void {
  const trace = currentRuntime().interceptor?.itemContinued?.(headers)
  const scope = ambientScope()
  if (scope === undefined) return
  anyContinued = true
  continued.set(scope, trace)
  adoptItemTrace(trace)
}

/** What the calling task has said with `continueTrace`: undefined for nothing. */
export function continuedTrace(): unknown {
  const scope = anyContinued ? ambientScope() : undefined
  return scope === undefined ? undefined : continued.get(scope)
}
