import type { Context } from '@opentelemetry/api'

/** What the engine carries for a task as its `held` or `serving.trace`: the context that makes spans children of it. */
export interface TraceContext {
  context: Context
  /** What is to be in that context beside the span. Asking for the context makes it, so that this is set before. */
  around?: Context
  /** True once the task is done with it, or has left its stream: it is still known what came last, but not in hand any more. */
  isOver?: boolean
}

/** The context of what the engine carries; undefined for nothing, an item that is not followed or one that is over. */
export function contextOf(trace: unknown): Context | undefined {
  return isTraceContext(trace) && trace.isOver !== true ? trace.context : undefined
}

export function isOver(trace: unknown): boolean {
  return isTraceContext(trace) && trace.isOver === true
}

/** The task has nothing more to do with it. */
export function letGo(trace: unknown): void {
  if (isTraceContext(trace)) trace.isOver = true
}

/** True if the engine carries something that was given to it here. */
export function isTraceContext(trace: unknown): trace is TraceContext {
  return typeof trace === 'object' && trace !== null && 'context' in trace
}
