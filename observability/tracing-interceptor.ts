import { isSpanContextValid, type SpanContext, type Tracer, trace } from '@opentelemetry/api'
import type { ActiveTrace, ActorId, Interceptor, Unasked } from '../engine/index.ts'
import { ActivitySpans } from './activity-spans.ts'
import { CallSpans } from './call-spans.ts'
import { Failures } from './failures.ts'
import type { HopSpans } from './hop-spans.ts'
import type { ContextsFollower, ItemContexts } from './item-contexts.ts'
import { ItemSampler } from './item-sampler.ts'
import { ItemTraces } from './item-traces.ts'
import { TentativeItem, UnfollowedItem } from './tentative-item.ts'
import { isTraceContext, letGo } from './trace-context.ts'
import { isSampled } from './traceparent.ts'

/** How the interceptor of an actor traces. */
export interface TracingInterceptorOptions {
  /** How many of the items that begin here are followed: 0 to 1. */
  readonly ratio: number
  readonly self: ActorId
  /** Makes the spans of calls and activities; there are none without it. */
  readonly tracer?: Tracer
  /** What the code that sends is in. */
  readonly contexts: ItemContexts
  readonly pipeline?: string | undefined
  /** Whether what fails is kept though it was not sampled. */
  readonly keepsErrors?: boolean | undefined
}

/**
 * Makes the spans of message hops: `send <stage>` where an item leaves for a stage, and as its child `process <stage>`
 * from there being handed to its consumer until the consumer is done with it. What is sent meanwhile is a child of that,
 * so that one source item is one trace through all stages. Whether an item is followed is drawn where it begins, and
 * one that is not makes no span and no object. Nothing here waits or throws.
 */
export function createTracingInterceptor(spans: HopSpans, options: TracingInterceptorOptions): Interceptor {
  const { ratio, tracer, self, pipeline, contexts, keepsErrors } = options
  const sampler = new SourceItems(ratio, contexts)
  const traces = new ItemTraces(spans, contexts)
  const calls =
    tracer === undefined
      ? undefined
      : new CallSpans({
          self,
          tracer,
          contexts,
          sampler: new ItemSampler(ratio),
          keepsErrors: keepsErrors === true,
          standIn: (context) => traces.standIn(context),
        })
  const failures = keepsErrors === true && tracer !== undefined ? new Failures(tracer, pipeline) : undefined
  const activities =
    tracer === undefined
      ? undefined
      : new ActivitySpans({ tracer, contexts, sampler: new ItemSampler(ratio), followsRuns: ratio > 0 })
  return {
    unasked: sampler,

    itemSent(hop, held, departure) {
      if (held === null || held instanceof UnfollowedItem) return false
      // What comes next is for items that are followed, and for code that makes spans.
      const parent = contexts.followsEntered ? traces.parentOf(held) : held
      if (parent === null || (parent === undefined && !sampler.take())) return false
      return traces.send(hop, parent, departure)
    },

    itemBegun(hop, departure) {
      return traces.send(hop, undefined, departure)
    },

    itemCreated(actor, held) {
      if (held === null || held instanceof UnfollowedItem) return null
      const parent = contexts.followsEntered ? traces.parentOf(held) : held
      if (parent === null || (parent === undefined && !sampler.take())) return null
      return traces.create(actor, parent) ?? null
    },

    itemContinued(headers) {
      return traces.continue(headers)
    },

    itemReceived(hop, arrival) {
      return traces.receive(hop, arrival) ?? null
    },

    itemTaken(held) {
      spans.taken(held)
    },

    itemDropped(held) {
      spans.dropped(held)
    },

    itemLeft(held) {
      letGo(held)
      spans.left(held)
    },

    itemDone(held, error, cancelled) {
      letGo(held)
      if (held instanceof TentativeItem) failures?.done(held, error, cancelled === true)
      else spans.done(held, error, cancelled)
    },

    ...(failures !== undefined && { itemTentative: (hop, arrival) => failures.take(hop, arrival) }),

    ...(activities !== undefined && { activityStarted: (activity) => activities.started(activity) }),
    ...(calls !== undefined && {
      callStarted: (call, headers) => calls.started(call, headers),
      callReceived: (call, headers) => calls.received(call, headers),
    }),

    activeTrace: () => followedIn(trace.getActiveSpan()?.spanContext()),
    traceOf: (held) => (isTraceContext(held) ? followedIn(trace.getSpanContext(held.context)) : undefined),
  }
}

/** Draws from the items that begin here. There is no need to ask it as long as there is no code that makes spans. */
class SourceItems extends ItemSampler implements Unasked, ContextsFollower {
  applies = true

  constructor(ratio: number, contexts: ItemContexts) {
    super(ratio)
    contexts.whenFollowsEntered(this)
  }

  entersAreFollowed(): void {
    this.applies = false
  }
}

function followedIn(span: SpanContext | undefined): ActiveTrace | undefined {
  if (span === undefined || !isSpanContextValid(span) || !isSampled(span)) return undefined
  return { traceId: span.traceId, spanId: span.spanId }
}
