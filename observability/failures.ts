import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { Hop, ItemArrival } from '../engine/index.ts'
import { attributeNames, hopAttributes, hopSpanName } from './attributes.ts'
import { sampledRoot } from './source-sampler.ts'
import { TentativeItem } from './tentative-item.ts'
import { asError, errorType } from './thrown.ts'

/**
 * Keeps what fails though it was not sampled: the span of the hop at which an item failed, as a trace of its own. What came
 * before it in other actors is not known any more.
 */
export class Failures {
  readonly #tracer: Tracer
  readonly #pipeline: string | undefined

  constructor(tracer: Tracer, pipeline: string | undefined) {
    this.#tracer = tracer
    this.#pipeline = pipeline
  }

  /** An item is handed out that may fail. */
  take(hop: Hop, arrival: ItemArrival): TentativeItem {
    return new TentativeItem(hop, arrival)
  }

  /** The consumer is done with the item, or its task has failed on it, or was cancelled. */
  done(item: TentativeItem, error: unknown, cancelled: boolean): void {
    if (item.done) return
    item.done = true
    if (error === undefined || cancelled) return
    const { hop, startMs, itemNumber, queueWaitMs, isStartKnown } = item
    const nowMs = performance.now()
    const thrown = asError(error)
    const span = this.#tracer.startSpan(
      hopSpanName(hop, 'process'),
      {
        kind: SpanKind.CONSUMER,
        startTime: performance.timeOrigin + startMs,
        attributes: {
          ...hopAttributes(hop, 'process', this.#pipeline),
          ...(itemNumber !== undefined && { [attributeNames.itemNumber]: itemNumber }),
          ...(isStartKnown && { [attributeNames.handlerMs]: nowMs - startMs }),
          [attributeNames.queueWaitMs]: queueWaitMs,
          [attributeNames.errorType]: errorType(thrown),
          [attributeNames.keptFor]: 'error',
        },
      },
      sampledRoot,
    )
    span.recordException(thrown)
    span.setStatus({ code: SpanStatusCode.ERROR, message: thrown.message })
    span.end(performance.timeOrigin + nowMs)
  }
}
