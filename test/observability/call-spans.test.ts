import {
  context,
  type DiagLogger,
  diag,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Call, type Interceptor, isTentative } from '../../engine/index.ts'
import { ItemContexts } from '../../observability/item-contexts.ts'
import { headersOf } from '../../observability/propagators.ts'
import { RecordedSpans } from '../../observability/recorded-spans.ts'
import { createSampler } from '../../observability/source-sampler.ts'
import { createTracingInterceptor } from '../../observability/tracing-interceptor.ts'
import { actorNamed, hopBetween, inTexts } from './hops.ts'

const call: Call = { kind: 'run', from: actorNamed('main'), to: actorNamed('words#2'), functionName: 'count' }
const theirs: SpanContext = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  traceFlags: TraceFlags.SAMPLED,
}
const traceparent = `00-${theirs.traceId}-${theirs.spanId}-01`

type Actor = Required<Omit<Interceptor, 'itemSent' | 'itemReceived'>> & ReturnType<typeof inTexts>

describe('The spans of a call', () => {
  const exporter = new InMemorySpanExporter()
  let ambient: { itemTrace: unknown; serving: { trace: unknown } | undefined } | undefined
  let contexts: ItemContexts

  beforeEach(() => {
    exporter.reset()
    ambient = undefined
    contexts = new ItemContexts(() => ambient)
    contexts.activate()
  })

  afterEach(() => context.disable())

  function actorAt(ratio: number, keepsErrors = false): Actor {
    const provider = new TracerProvider({
      sampler: createSampler(ratio),
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
    })
    const spans = new RecordedSpans({ take: (records) => records.clear(), send: () => {} })
    const tracer = provider.getTracer('test')
    const interceptor = createTracingInterceptor(spans, { self: call.from, ratio, tracer, contexts, keepsErrors })
    return { ...interceptor, ...inTexts(interceptor) } as Actor
  }

  const finished = () => exporter.getFinishedSpans()
  const inTheirs = <T>(fn: () => T, traceFlags = theirs.traceFlags) =>
    context.with(trace.setSpanContext(ROOT_CONTEXT, { ...theirs, traceFlags }), fn)

  it('are none, and nothing is on the wire, for a call that is not drawn', () => {
    expect(actorAt(0).callStarted(call, undefined)).toBeUndefined()
    expect(actorAt(0).callStarted(call, { mine: 'too' })).toBeUndefined()
    expect(finished()).toEqual([])
  })

  it('are none within a trace that is not followed, whatever the ratio', () => {
    inTheirs(() => expect(actorAt(1).callStarted(call, undefined)).toBeUndefined(), TraceFlags.NONE)
    expect(actorAt(1).callStarted(call, { traceparent: traceparent.replace(/01$/, '00') })).toBeUndefined()
  })

  it('continue the span that the caller is in, and keep what else it sends along', () => {
    const caller = inTheirs(() => actorAt(0).callStarted(call, { mine: 'too' }))
    expect(Object.keys(caller?.headers ?? {}).sort()).toEqual(['mine', 'traceparent'])
    const callee = actorAt(0).callReceived(call, caller?.headers ?? {})
    callee?.ended({})
    caller?.ended({})
    caller?.ended({ error: new Error('only the first end counts') })

    const [server, client] = finished()
    expect([server?.name, server?.kind, client?.name, client?.kind]).toEqual([
      'words/count',
      SpanKind.SERVER,
      'words/count',
      SpanKind.CLIENT,
    ])
    expect(client?.parentSpanContext?.spanId).toBe(theirs.spanId)
    expect(server?.parentSpanContext?.spanId).toBe(client?.spanContext().spanId)
    expect(finished()).toHaveLength(2)
  })

  it('continue a traceparent that is given before the span that the caller is in', () => {
    const other = 'a'.repeat(32)
    inTheirs(() => actorAt(0).callStarted(call, { traceparent: traceparent.replace(theirs.traceId, other) }))?.ended({})
    expect(finished().map((span) => span.spanContext().traceId)).toEqual([other])
  })

  it('take a traceparent that is none as absent', () => {
    const caller = actorAt(1).callStarted(call, { traceparent: 'nonsense' })
    expect(caller?.headers?.['traceparent']).toMatch(/^00-.{32}-.{16}-01$/)
    expect(actorAt(1).callReceived(call, { traceparent: 'nonsense' })).toBeUndefined()
    expect(actorAt(1).callReceived(call, { traceparent, baggage: 7 } as never)).toBeDefined()
  })

  it('have the items that are sent for them as children, unless no trace led to the call', () => {
    const [first, continued] = [
      actorAt(1).callStarted(call, undefined),
      inTheirs(() => actorAt(1).callStarted(call, undefined)),
    ]
    expect(actorAt(1).callReceived(call, first?.headers ?? {})?.itemTrace).toBeUndefined()
    const callee = actorAt(0)
    const served = callee.callReceived(call, continued?.headers ?? {})
    expect(callee.itemSent(hopBetween('words#2', 'main'), served?.itemTrace)).toContain(theirs.traceId)
  })

  it('have no items of their own where a call without a trace leads to another, until the user makes a span', () => {
    const outer = actorAt(1).callReceived(call, actorAt(1).callStarted(call, undefined)?.headers ?? {})
    ambient = { itemTrace: undefined, serving: outer }
    expect(actorAt(1).callStarted(call, undefined)?.headers).toHaveProperty('actorflow-items', 'own')
    inTheirs(() => expect(actorAt(1).callStarted(call, undefined)?.headers).not.toHaveProperty('actorflow-items'))
  })

  it('make what comes of a call that is not followed elsewhere not followed here', () => {
    const theirs = traceparent.replace(/01$/, '00')
    const served = actorAt(1).callReceived(call, { traceparent: theirs })
    ambient = { itemTrace: served?.itemTrace, serving: served }
    expect(isTentative(served?.itemTrace)).toBe(true)
    expect(headersOf(context.active())).toEqual({ traceparent: theirs })
    expect(actorAt(1).callStarted(call, undefined)).toBeUndefined()
  })

  it('are not all that continues a trace: so does an item, of the headers of a message', () => {
    const actor = actorAt(0)
    const continued = actor.itemContinued({ traceparent, baggage: 'tenant=acme' })
    const sent = actor.itemSent(hopBetween('orders', 'words'), continued)
    expect(sent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-.{16}-01 tenant=acme$/)
    expect(actor.itemContinued({ traceparent: 'nonsense' })).toBeUndefined()
  })

  it('are not made of a trace that is not followed elsewhere, whose id stays the one to inject', () => {
    const actor = actorAt(1)
    const theirs = traceparent.replace(/01$/, '00')
    const continued = actor.itemContinued({ traceparent: theirs, baggage: 'tenant=acme' })
    expect(isTentative(continued)).toBe(true)
    expect(actor.itemSent(hopBetween('orders', 'words'), continued)).toBeUndefined()
    expect(actor.itemCreated(actorNamed('orders'), continued)).toBeNull()
    actor.itemDone(continued, new Error('no'))
    expect(finished()).toEqual([])
    ambient = { itemTrace: actor.itemContinued({ traceparent: theirs, baggage: 'tenant=acme' }), serving: undefined }
    expect(headersOf(context.active())).toEqual({ traceparent: theirs, baggage: 'tenant=acme' })
    expect(actor.callStarted(call, undefined)).toBeUndefined()
  })

  it.each([
    ['bytes', { traceparent: Buffer.from(traceparent), tracestate: new Uint8Array(Buffer.from('vendor=abc')) }],
    ['lists', { traceparent: [traceparent, 'a later one'], tracestate: ['vendor=abc'] }],
    ['lists of bytes', { traceparent: [Buffer.from(traceparent)], tracestate: [Buffer.from('vendor=abc')] }],
    ['what else a peer may send', { traceparent, tracestate: ['vendor=abc', 7], baggage: 7 } as never],
  ])('continue headers that are %s', (_what, headers) => {
    const continued = actorAt(0).itemContinued(headers)
    expect(actorAt(0).itemSent(hopBetween('orders', 'words'), continued)).toMatch(
      /^00-4bf92f3577b34da6a3ce929d0e0e4736-.{16}-01  vendor=abc$/,
    )
  })

  it.each([[7], [[]], [[7]], [null], [{}], [{ length: 3 }]])(
    'take a header of %j as absent, without a complaint',
    (nonsense) => {
      const complain = vi.fn<DiagLogger['warn']>()
      diag.setLogger({ error: complain, warn: complain, info: complain, debug: complain, verbose: complain })
      expect(actorAt(0).itemContinued({ traceparent: nonsense } as never)).toBeUndefined()
      const others = { traceparent, tracestate: nonsense, baggage: nonsense } as never
      expect(actorAt(0).itemSent(hopBetween('orders', 'words'), actorAt(0).itemContinued(others))).not.toContain(' ')
      diag.disable()
      expect(complain).not.toHaveBeenCalled()
    },
  )

  it('tell how many items there were, that it was cancelled, and what it failed with', () => {
    const actor = actorAt(1)
    actor.callStarted(call, undefined)?.ended({ itemsIn: 3, itemsOut: 4, cancelled: true })
    actor.callStarted(call, undefined)?.ended({ error: new RangeError('too long') })
    const [cancelled, failed] = finished()
    expect(cancelled?.attributes).toMatchObject({
      'actorflow.items.in': 3,
      'actorflow.items.out': 4,
      'actorflow.cancelled': true,
    })
    expect(cancelled?.status.code).toBe(0)
    expect(failed).toMatchObject({
      attributes: { 'error.type': 'RangeError' },
      status: { code: 2, message: 'too long' },
    })
    expect(failed?.events.map((event) => event.name)).toEqual(['exception'])
  })

  it('are made of a call that fails where that is asked for, and of no other', () => {
    const actor = actorAt(0, true)
    actor.callStarted(call, undefined)?.ended({})
    actor.callStarted(call, undefined)?.ended({ cancelled: true })
    expect(finished()).toEqual([])
    const failing = actor.callStarted(call, { mine: 'too' })
    expect(failing?.headers).toBeUndefined()
    failing?.ended({ error: new RangeError('too long') })
    expect(finished()).toMatchObject([{ name: 'words/count', attributes: { 'actorflow.kept_for': 'error' } }])
  })

  describe('with baggage', () => {
    const baggage = propagation.createBaggage({ tenant: { value: 'acme' } })
    const tenantOf = (carried: unknown) =>
      propagation.getBaggage((carried as { context: typeof ROOT_CONTEXT }).context)?.getEntry('tenant')?.value

    it('hand it on, and so do items, from hop to hop', () => {
      const caller = inTheirs(() =>
        context.with(propagation.setBaggage(context.active(), baggage), () => actorAt(0).callStarted(call, undefined)),
      )
      expect(caller?.headers?.['baggage']).toBe('tenant=acme')
      const [first, second] = [actorAt(0), actorAt(0)]
      let held: unknown = first.callReceived(call, caller?.headers ?? {})?.itemTrace
      const sent = first.itemSent(hopBetween('words#2', 'main'), held)
      expect(sent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-.{16}-01 tenant=acme$/)
      held = second.itemReceived(hopBetween('words#2', 'main'), sent)
      expect(tenantOf(held)).toBe('acme')
      second.itemDone(held)
      expect(second.itemSent(hopBetween('main', 'report'), held)).toMatch(/ tenant=acme$/)
      expect(tenantOf(second.itemCreated(actorNamed('main'), held))).toBe('acme')
    })

    it('leave behind what is more than 8 KiB of it', () => {
      const entries = Array.from({ length: 20 }, (_, i) => [`key${i}`, { value: 'x'.repeat(1_000) }])
      const large = propagation.createBaggage(Object.fromEntries(entries))
      const caller = inTheirs(() =>
        context.with(propagation.setBaggage(context.active(), large), () => actorAt(0).callStarted(call, undefined)),
      )
      expect(caller?.headers?.['baggage']?.length).toBeGreaterThan(7_000)
      expect(caller?.headers?.['baggage']?.length).toBeLessThanOrEqual(8_192)
    })
  })
})
