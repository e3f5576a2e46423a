import { type Attributes, type Context, SpanKind, type Tracer, trace } from '@opentelemetry/api'
import type { Activity, Followed } from '../engine/index.ts'
import { activityAttributes, activitySpanName } from './attributes.ts'
import { FollowedSpan, spanOf } from './followed-span.ts'
import type { ItemContexts } from './item-contexts.ts'
import type { ItemSampler } from './item-sampler.ts'
import { sampledRoot } from './source-sampler.ts'
import { isSampled } from './traceparent.ts'

export interface ActivitySpansOptions {
  readonly tracer: Tracer
  readonly contexts: Pick<ItemContexts, 'current'>
  /** Draws which of those that belong to no trace are followed. */
  readonly sampler: ItemSampler
  /** Whether the run of a pipeline, of which there are few, is followed without being drawn. */
  readonly followsRuns: boolean
}

/** The spans of what the engine does by itself: an actor is started, or a pipeline runs. All of them are INTERNAL. */
export class ActivitySpans {
  readonly #options: ActivitySpansOptions

  constructor(options: ActivitySpansOptions) {
    this.#options = options
  }

  started(activity: Activity): Followed | undefined {
    const { tracer, contexts } = this.#options
    const around = contexts.current
    const parent = spanOf(around)
    if (parent === undefined ? !this.#draw(activity) : !isSampled(parent)) return undefined
    const attributes: Attributes = activityAttributes(activity)
    const startTime = performance.timeOrigin + activity.startedMs
    const options = { kind: SpanKind.INTERNAL, attributes, startTime }
    const context: Context = parent === undefined ? sampledRoot : around
    const span = tracer.startSpan(activitySpanName(activity), options, context)
    return new FollowedSpan(span, trace.setSpan(around, span))
  }

  #draw({ kind }: Activity): boolean {
    const { sampler, followsRuns } = this.#options
    return kind === 'pipeline' ? followsRuns : sampler.take()
  }
}
