import type { SpanContext } from '@opentelemetry/api'
import type { ActorId, Hop, Interceptor, ItemArrival, ItemDeparture, TraceIds } from '../../engine/index.ts'
import { spanContextOf, writeIds } from '../../observability/trace-ids.ts'
import { formatTraceparent } from '../../observability/traceparent.ts'

/** An actor whose id can be told from its name. */
export function actorNamed(name: string): ActorId {
  return { name, id: `id-of-${name}` }
}

/** The hop of a stream of `items` from one actor to another. */
export function hopBetween(from: string, to: string): Hop {
  return { from: actorNamed(from), to: actorNamed(to), functionName: 'items' }
}

type Departed = Pick<ItemDeparture, 'itemNumber' | 'sentMs' | 'creditWaitMs'>
type Arrived = Pick<ItemArrival, 'itemNumber' | 'arrivedMs'>

const noIds = { trace0: 0, trace1: 0, trace2: 0, trace3: 0, span0: 0, span1: 0 } as const
const nothingKnown: Readonly<TraceIds> = { ...noIds, traceState: undefined, baggage: undefined }

/** An item that has come with the trace of that traceparent, and after it the baggage and the trace state. */
export function arrivalWith(text: string, known: Partial<Arrived> = {}): ItemArrival {
  const [traceparent = '', baggage = '', tracestate] = text.split(' ')
  const [, traceId = '', spanId = ''] = traceparent.split('-')
  const arrival = { ...nothingKnown, itemNumber: 0, arrivedMs: performance.now(), ...known }
  writeIds({ traceId, spanId } as SpanContext, arrival)
  return { ...arrival, baggage: baggage === '' ? undefined : baggage, traceState: tracestate }
}

/** An interceptor whose items take along texts: a traceparent, and after it the baggage and the trace state. */
export function inTexts(interceptor: Interceptor) {
  return {
    itemSent(hop: Hop, held: unknown, known: Partial<Departed> = {}): string | undefined {
      const departure = { ...nothingKnown, itemNumber: 0, sentMs: 0, creditWaitMs: 0, ...known }
      if (interceptor.itemSent?.(hop, held, departure) !== true) return undefined
      const traceparent = formatTraceparent(spanContextOf(departure))
      const { baggage, traceState } = departure
      if (traceState !== undefined) return `${traceparent} ${baggage ?? ''} ${traceState}`
      return baggage === undefined ? traceparent : `${traceparent} ${baggage}`
    },
    itemReceived(hop: Hop, text: string | undefined, known: Partial<Arrived> = {}): unknown {
      return text === undefined ? null : interceptor.itemReceived?.(hop, arrivalWith(text, known))
    },
  }
}
