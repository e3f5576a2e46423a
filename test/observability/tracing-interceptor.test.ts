import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Interceptor, JoinedItems } from '../../engine/index.ts'
import type { HopSpans } from '../../observability/hop-spans.ts'
import { ItemContexts } from '../../observability/item-contexts.ts'
import { RecordedSpans, type SpanOutlet } from '../../observability/recorded-spans.ts'
import { createSampler } from '../../observability/source-sampler.ts'
import { contextOf } from '../../observability/trace-context.ts'
import { createTracerSpans } from '../../observability/tracer-spans.ts'
import { createTracingInterceptor } from '../../observability/tracing-interceptor.ts'
import { actorNamed, arrivalWith, hopBetween, inTexts } from './hops.ts'
import { readSpans } from './otlp-request.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

type Actor = Required<Omit<Interceptor, 'activeTrace' | 'itemSent' | 'itemReceived'>> & ReturnType<typeof inTexts>

/** Where the spans of several actors go, like processes to one collector, and how to see them. */
interface Collected {
  readonly spans: readonly CollectedSpan[]
  hopSpans(pipeline: string | undefined): HopSpans
}

interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly traceState?: string | undefined
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly kind: string | undefined
  readonly durationMs: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly { readonly name: string; readonly attributes?: Readonly<Record<string, unknown>> }[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly error: string | undefined
}

const stateOf = (held: unknown) => trace.getSpanContext(contextOf(held) as Context)?.traceState?.serialize()

/** Made by the SDK. */
function collectFromTracers(): Collected {
  const exporter = new InMemorySpanExporter()
  return {
    get spans() {
      return exporter.getFinishedSpans().map((span) => ({
        ...span.spanContext(),
        traceState: span.spanContext().traceState?.serialize(),
        parentSpanId: span.parentSpanContext?.spanId,
        name: span.name,
        kind: SpanKind[span.kind],
        durationMs: span.duration[0] * 1000 + span.duration[1] / 1e6,
        attributes: span.attributes,
        events: span.events,
        links: span.links.map(({ context: { traceId, spanId } }) => ({ traceId, spanId })),
        error: span.status.code === SpanStatusCode.ERROR ? span.status.message : undefined,
      }))
    },
    hopSpans(pipeline) {
      const provider = new TracerProvider({
        // The items are drawn by the interceptor: a sampler that draws again would leave fewer.
        sampler: createSampler(0),
        spanProcessors: [new SimpleSpanProcessor({ exporter })],
      })
      return createTracerSpans(provider.getTracer('test'), pipeline)
    },
  }
}

/** Recorded, and encoded as they are for a collector. */
function collectFromRecords(): Collected {
  const spans: CollectedSpan[] = []
  const take: SpanOutlet['take'] = (records, clock) => {
    const bytes = Buffer.alloc(records.encodedLength)
    records.encode(bytes, 0, (view, at, ms) => clock.write(view, at, ms))
    for (const { startNs, endNs, kind, status, ...span } of readSpans(bytes)) {
      // The protocol has the code of an error where the API has it, and its kinds one higher.
      const error = status?.code === SpanStatusCode.ERROR ? status.message : undefined
      spans.push({ ...span, kind: SpanKind[kind - 1], durationMs: Number(endNs - startNs) / 1e6, error })
    }
  }
  return { spans, hopSpans: (pipeline) => new RecordedSpans({ take, send: () => {} }, pipeline, 1) }
}

describe.each([
  ['with the spans of a tracer', collectFromTracers],
  ['with recorded spans', collectFromRecords],
])('The tracing interceptor, %s,', (_what, collect) => {
  let collected: Collected

  beforeEach(() => {
    collected = collect()
  })

  function actorTracing(ratio = 1, pipeline?: string, contexts = new ItemContexts(() => undefined)): Actor {
    const options = { self: actorNamed('lines'), ratio, contexts }
    const interceptor = createTracingInterceptor(collected.hopSpans(pipeline), options)
    return { ...interceptor, ...inTexts(interceptor) } as Actor
  }

  it('makes one trace of an item on its way through three hops, each span the parent of the next', () => {
    const names = ['lines', 'words', 'counts', 'report']
    let held: unknown
    for (const [i, name] of names.slice(1).entries()) {
      const hop = hopBetween(names[i] ?? '', name)
      const sent = actorTracing().itemSent(hop, held)
      actorTracing().itemDone(held)
      held = actorTracing().itemReceived(hop, sent)
    }
    actorTracing().itemDone(held)

    const spans = chainOf(collected.spans)
    expect(spans.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      'PRODUCER send words',
      'CONSUMER process words',
      'PRODUCER send counts',
      'CONSUMER process counts',
      'PRODUCER send report',
      'CONSUMER process report',
    ])
    expect(new Set(spans.map((span) => span.traceId)).size).toBe(1)
  })

  it('hands on the state of a trace from hop to hop, and has it in the spans', () => {
    const hop = hopBetween('lines', 'words')
    const first = actorTracing().itemReceived(hop, `${traceparent}  vendor=abc,other=1`)
    const sent = actorTracing().itemSent(hop, first)
    expect(sent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-.{16}-01  vendor=abc,other=1$/)
    const second = actorTracing().itemReceived(hop, sent)
    expect(stateOf(second)).toBe('vendor=abc,other=1')
    actorTracing().itemDone(first)
    actorTracing().itemDone(second, new Error('no'))
    expect(collected.spans.map(({ traceState }) => traceState)).toEqual(Array(3).fill('vendor=abc,other=1'))
    const alone = actorTracing().itemReceived(hop, traceparent)
    expect(stateOf(alone)).toBeUndefined()
    actorTracing().itemDone(alone)
    expect(actorTracing().itemSent(hop, undefined)).not.toContain(' ')
    expect(collected.spans.slice(3).map(({ traceState }) => traceState)).toEqual([undefined, undefined])
  })

  it('makes children of one item of all that is sent while it is held', () => {
    const { itemSent, itemReceived, itemDone } = actorTracing()
    const held = itemReceived(hopBetween('lines', 'words'), traceparent)
    const sent = [1, 2, 3].map(() => itemSent(hopBetween('words', 'counts'), held))
    itemDone(held)

    const [first, second, third, processing] = collected.spans
    expect(new Set(sent).size).toBe(3)
    expect([first, second, third].map((span) => span?.parentSpanId)).toEqual(Array(3).fill(processing?.spanId))
  })

  it('begins a trace of its own for each item of a source', () => {
    const { itemSent } = actorTracing()
    for (let i = 0; i < 5; i++) itemSent(hopBetween('lines', 'words'), undefined)
    const { spans } = collected
    expect(new Set(spans.map((span) => span.traceId)).size).toBe(5)
    expect(spans.every((span) => span.parentSpanId === undefined)).toBe(true)
  })

  it('makes no span at a ratio of 0', () => {
    const { itemSent } = actorTracing(0)
    for (let i = 0; i < 1000; i++) expect(itemSent(hopBetween('lines', 'words'), undefined)).toBeUndefined()
    expect(collected.spans).toEqual([])
  })

  it('makes a span for about as many items as the ratio says, and for no others', () => {
    const { itemSent } = actorTracing(0.5)
    const hop = hopBetween('lines', 'words')
    const sent = Array.from({ length: 2000 }, () => itemSent(hop, undefined)).filter((context) => context !== undefined)
    // More than ten standard deviations to each side.
    expect(sent.length).toBeGreaterThan(750)
    expect(sent.length).toBeLessThan(1250)
    expect(collected.spans.length).toBe(sent.length)
  })

  it('makes no span for what comes of an item that is not sampled', () => {
    const { itemSent, itemDone } = actorTracing()
    expect(itemSent(hopBetween('words', 'counts'), null)).toBeUndefined()
    itemDone(null)
    expect(collected.spans).toEqual([])
  })

  it('follows a sampled item whatever the ratio here is', () => {
    const { itemSent, itemReceived } = actorTracing(0)
    const held = itemReceived(hopBetween('lines', 'words'), traceparent)
    expect(itemSent(hopBetween('words', 'counts'), held)).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-.{16}-01$/)
  })

  it.each([`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`])(
    'takes an item with the ids of %s as not sampled',
    (ids) => {
      expect(actorTracing().itemReceived(hopBetween('lines', 'words'), ids)).toBeNull()
      expect(collected.spans).toEqual([])
    },
  )

  it('need not be asked about those that are not sampled, which the sender passes over', () => {
    const { unasked } = actorTracing(0.01)
    expect(unasked.applies).toBe(true)
    const count = 10_000
    const passed = Array.from({ length: count }, () => unasked.draw()).reduce((sum, each) => sum + each, 0)
    // 99 on average, with a deviation of about as much.
    expect(Math.abs(passed / count - 99)).toBeLessThan((4 * 100) / Math.sqrt(count))
  })

  it('draws with the same chance where it is asked about each, as there is code that makes spans', () => {
    const contexts = new ItemContexts(() => undefined)
    const { unasked, itemSent } = actorTracing(0.5, undefined, contexts)
    expect(unasked.applies).toBe(true)
    const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED }
    contexts.with(trace.setSpanContext(ROOT_CONTEXT, span), () => undefined)
    expect(unasked.applies).toBe(false)
    const hop = hopBetween('lines', 'words')
    const sent = Array.from({ length: 1_000 }, () => itemSent(hop, undefined)).filter((ids) => ids !== undefined)
    expect(Math.abs(sent.length - 500)).toBeLessThan(100)
  })

  it('ends the span of an item only when the consumer is done with it', () => {
    const { itemReceived, itemDone } = actorTracing()
    const held = itemReceived(hopBetween('lines', 'words'), traceparent)
    expect(collected.spans).toEqual([])
    itemDone(held)
    expect(collected.spans).toMatchObject([{ error: undefined, events: [] }])
  })

  it('measures how long the consumer had the item', async () => {
    const { itemReceived, itemDone } = actorTracing()
    const held = itemReceived(hopBetween('lines', 'words'), traceparent)
    await new Promise((resolve) => setTimeout(resolve, 20))
    itemDone(held)
    const [span] = collected.spans
    expect(span?.durationMs).toBeGreaterThan(15)
    expect(span?.durationMs).toBeLessThan(2_000)
    expect(span?.attributes['actorflow.handler_ms']).toBeCloseTo(span?.durationMs ?? 0, 2)
  })

  it('tells which item it was, and how long it waited for credit and for its consumer', () => {
    const { itemSent, itemReceived, itemDone } = actorTracing()
    const hop = hopBetween('lines', 'words')
    for (const itemNumber of [0, 127, 128, 5_000_000_000, 2 ** 49 - 1]) {
      const sent = itemSent(hop, undefined, { itemNumber, creditWaitMs: 12.5 })
      itemDone(itemReceived(hop, sent, { itemNumber, arrivedMs: performance.now() - 40 }))
      const [send, process] = collected.spans.slice(-2)
      expect(send?.attributes).toMatchObject({ 'actorflow.item.number': itemNumber, 'actorflow.credit_wait_ms': 12.5 })
      expect(send?.durationMs).toBeCloseTo(12.5, 2)
      expect(process?.attributes).toMatchObject({ 'actorflow.item.number': itemNumber })
      expect(process?.attributes['actorflow.queue_wait_ms']).toBeGreaterThanOrEqual(40)
      expect(process?.attributes['actorflow.queue_wait_ms']).toBeLessThan(2_000)
    }
  })

  it('counts the wait for credit from when there was an item to send', async () => {
    const { itemSent, itemReceived } = actorTracing()
    const held = itemReceived(hopBetween('lines', 'words'), traceparent)
    itemSent(hopBetween('words', 'counts'), held, { itemNumber: 0, creditWaitMs: 60_000 })
    expect(collected.spans[0]?.attributes['actorflow.credit_wait_ms']).toBeLessThan(30_000)
  })

  it('counts the time that an item was pulled ahead of its consumer as time in the queue', async () => {
    const { itemReceived, itemTaken, itemDone } = actorTracing()
    const arrivedMs = performance.now()
    const text = `${traceparent} customer=7`
    const held = itemReceived(hopBetween('lines', 'words'), text, { itemNumber: 0, arrivedMs })
    await new Promise((resolve) => setTimeout(resolve, 20))
    itemTaken(held)
    itemTaken(held)
    itemDone(held)
    const [span] = collected.spans
    // The span is that of the handler alone, so that what lies before it is the way here and the queue.
    expect(span?.durationMs).toBeCloseTo(Number(span?.attributes['actorflow.handler_ms']), 2)
    const [queued, handled] = ['queue_wait_ms', 'handler_ms'].map((name) =>
      Number(span?.attributes[`actorflow.${name}`]),
    )
    expect(queued).toBeGreaterThan(15)
    expect(handled).toBeLessThan(performance.now() - arrivedMs - (queued ?? 0) + 1)
  })

  it('says of an item that nothing came of it', () => {
    const { itemReceived, itemDropped, itemDone } = actorTracing()
    const held = itemReceived(hopBetween('lines', 'words'), traceparent)
    itemDropped(held)
    itemDone(held)
    expect(collected.spans).toMatchObject([{ error: undefined, attributes: { 'actorflow.item.dropped': true } }])
  })

  it('says of an item that it was cancelled, which is no error', () => {
    const { itemReceived, itemDone } = actorTracing()
    const held = itemReceived(hopBetween('lines', 'words'), traceparent)
    itemDone(held, new Error('its consumer left'), true)
    const attributes = { 'actorflow.cancelled': true, 'actorflow.cancel.reason': 'its consumer left' }
    expect(collected.spans).toMatchObject([{ error: undefined, events: [], attributes }])
  })

  it('takes the failure of a task for that of the item which it left its stream with', () => {
    const { itemReceived, itemLeft, itemDone } = actorTracing()
    const held = itemReceived(hopBetween('lines', 'words'), traceparent)
    itemLeft(held)
    expect(collected.spans).toEqual([])
    itemDone(held, new RangeError('too long a word'))
    itemDone(held)
    expect(collected.spans).toMatchObject([{ error: 'too long a word' }])
  })

  it('does not keep the item of a task that ends never', () => {
    const spans = collected.hopSpans(undefined)
    const held = spans.received(hopBetween('lines', 'words'), arrivalWith(traceparent))
    spans.left(held)
    spans.close()
    spans.done(held, new Error('late'))
    expect(collected.spans).toMatchObject([{ error: undefined }])
  })

  it('begins a trace with links for what was made of several items, and says how many they were', () => {
    const { itemSent, itemReceived, itemDone } = actorTracing(0)
    const hop = hopBetween('words', 'counts')
    const contributors = [1, 2].map(() => itemReceived(hopBetween('lines', 'words'), traceparent))
    for (const held of contributors) itemDone(held)
    const joined: JoinedItems = { contributors, contributorCount: 40, parent: undefined }
    itemSent(hop, joined)
    itemSent(hop, joined)
    const [one, other, ...sends] = collected.spans
    for (const span of sends) {
      expect(span.parentSpanId).toBeUndefined()
      expect(span.traceId).not.toBe(one?.traceId)
      expect(span.links).toEqual([one, other].map((each) => ({ traceId: each?.traceId, spanId: each?.spanId })))
      expect(span.attributes['actorflow.contributor.count']).toBe(40)
    }
    expect(new Set(sends.map((span) => span.traceId)).size).toBe(2)
  })

  it('makes a child of one of them where it is to', () => {
    const { itemSent, itemReceived, itemDone } = actorTracing(0)
    const contributors = [1, 2].map(() => itemReceived(hopBetween('lines', 'words'), traceparent))
    for (const held of contributors) itemDone(held)
    itemSent(hopBetween('words', 'counts'), { contributors, contributorCount: 2, parent: contributors[1] })
    const [, parent, send] = collected.spans
    expect(send?.parentSpanId).toBe(parent?.spanId)
    expect(send?.traceId).toBe(parent?.traceId)
    expect(send?.links).toHaveLength(2)
  })

  it('makes one trace of an item that begins here for several readers', () => {
    const { itemCreated, itemSent, itemDone } = actorTracing(1)
    const created = itemCreated(hopBetween('lines', 'words').from, undefined)
    itemSent(hopBetween('lines', 'words'), created)
    itemSent(hopBetween('lines', 'letters'), created)
    itemDone(created)
    const [root, ...sends] = collected.spans
    expect(root).toMatchObject({ name: 'create lines', kind: 'PRODUCER', parentSpanId: undefined })
    expect(sends.map((span) => [span.name, span.parentSpanId])).toEqual([
      ['send words', root?.spanId],
      ['send letters', root?.spanId],
    ])
    expect(actorTracing(0).itemCreated(hopBetween('lines', 'words').from, undefined)).toBeNull()
  })

  it('records the error that an item ended with', () => {
    const { itemReceived, itemDone } = actorTracing()
    itemDone(itemReceived(hopBetween('lines', 'words'), traceparent), new RangeError('too long a word'))
    const [span] = collected.spans
    expect(span?.error).toBe('too long a word')
    expect(span?.events).toMatchObject([
      { name: 'exception', attributes: { 'exception.type': 'RangeError', 'exception.message': 'too long a word' } },
    ])
    expect(span?.attributes['error.type']).toBe('RangeError')
  })

  it.each([
    ['a text', 'out of words', 'out of words'],
    ['null', null, 'null'],
    ['what cannot be shown', Object.create(null), 'a value that cannot be shown was thrown'],
  ])('records %s that was thrown instead of an error', (_what, thrown, message) => {
    const { itemReceived, itemDone } = actorTracing()
    itemDone(itemReceived(hopBetween('lines', 'words'), traceparent), thrown)
    expect(collected.spans).toMatchObject([{ error: message }])
  })

  it('names stages without the numbers of their actors, and describes the hop', () => {
    const { itemSent, itemReceived, itemDone } = actorTracing(1, 'word-count')
    const hop = hopBetween('lines', 'words#2')
    itemDone(itemReceived(hop, itemSent(hop, undefined)))
    const shared = {
      'messaging.system': 'actorflow',
      'messaging.destination.name': 'words',
      'actorflow.pipeline.name': 'word-count',
      'actorflow.function': 'items',
      'messaging.destination.partition.id': '2',
      'actorflow.item.number': 0,
    }
    expect(collected.spans.map(({ name, attributes }) => ({ name, attributes }))).toEqual([
      {
        name: 'send words',
        attributes: {
          ...shared,
          'messaging.operation.type': 'send',
          'messaging.operation.name': 'send',
          'messaging.client.id': 'id-of-lines',
          'actorflow.stage.name': 'lines',
          'actorflow.credit_wait_ms': 0,
        },
      },
      {
        name: 'process words',
        attributes: {
          ...shared,
          'messaging.operation.type': 'process',
          'messaging.operation.name': 'process',
          'messaging.client.id': 'id-of-words#2',
          'actorflow.stage.name': 'words',
          'actorflow.actor.index': 2,
          'actorflow.queue_wait_ms': expect.any(Number),
          'actorflow.handler_ms': expect.any(Number),
        },
      },
    ])
  })
})

/** The spans from the one without a parent down, each the child of the one before. */
function chainOf(spans: readonly CollectedSpan[]): CollectedSpan[] {
  const chain: CollectedSpan[] = []
  let parentId: string | undefined
  for (;;) {
    const next = spans.find((span) => span.parentSpanId === parentId)
    if (next === undefined) return chain
    chain.push(next)
    parentId = next.spanId
  }
}
