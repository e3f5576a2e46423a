import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ItemContexts, openItemContexts } from '../../observability/item-contexts.ts'
import type { TraceContext } from '../../observability/trace-context.ts'

const spanNumbered = (number: number, traceFlags: number = TraceFlags.SAMPLED): SpanContext => ({
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: number.toString(16).padStart(16, '0'),
  traceFlags,
})
const inSpan = (number: number, traceFlags?: number) =>
  trace.setSpanContext(ROOT_CONTEXT, spanNumbered(number, traceFlags))
const followed = (number: number): TraceContext => ({ context: inSpan(number) })
const key = Symbol('of the user')

describe('The active context', () => {
  // What a task has in hand, as the engine would say.
  let ambient: { itemTrace: unknown; serving: { trace: unknown } | undefined } | undefined
  let contexts: ItemContexts

  beforeEach(() => {
    ambient = { itemTrace: undefined, serving: undefined }
    contexts = new ItemContexts(() => ambient)
    contexts.activate()
  })

  afterEach(() => context.disable())

  const hold = (itemTrace: unknown) => void (ambient = { itemTrace, serving: ambient?.serving })
  const serve = (trace: unknown) => void (ambient = { itemTrace: undefined, serving: { trace } })
  const activeSpan = () => trace.getActiveSpan()?.spanContext().spanId.replace(/^0+/, '')

  it('is the root where nothing is followed, in a task and outside of all', () => {
    expect(context.active()).toBe(ROOT_CONTEXT)
    ambient = undefined
    expect(context.active()).toBe(ROOT_CONTEXT)
  })

  it('is that of the item in hand, one after the other, and before them that of the call that is served', () => {
    serve(followed(9))
    expect(activeSpan()).toBe('9')
    hold(followed(1))
    expect(activeSpan()).toBe('1')
    hold(followed(2))
    expect(activeSpan()).toBe('2')
  })

  it('is that of the call again once the task has let go of the item', () => {
    serve(followed(9))
    const item = followed(1)
    hold(item)
    item.isOver = true
    expect(activeSpan()).toBe('9')
  })

  it('is what was entered within the processing of an item, also after a wait', async () => {
    hold(followed(1))
    await context.with(inSpan(2), async () => {
      expect(activeSpan()).toBe('2')
      await Promise.resolve()
      expect(activeSpan()).toBe('2')
    })
    expect(activeSpan()).toBe('1')
  })

  it('is that of an item that came after something was entered, until it is over', () => {
    context.with(inSpan(2), () => {
      const item = followed(1)
      hold(item)
      expect(activeSpan()).toBe('1')
      context.with(inSpan(3), () => expect(activeSpan()).toBe('3'))
      expect(activeSpan()).toBe('1')
      item.isOver = true
      expect(activeSpan()).toBe('2')
    })
  })

  it('is that of the item that was pulled inside, behind a context that was entered for the pull alone', () => {
    hold(followed(1))
    context.with(inSpan(2), () => hold(followed(3)))
    expect(activeSpan()).toBe('3')
  })

  it('keeps what else the user has put into the context that the item came in', () => {
    const baggage = propagation.createBaggage({ tenant: { value: 'acme' } })
    context.with(propagation.setBaggage(ROOT_CONTEXT.setValue(key, 'mine'), baggage), () => {
      hold(followed(1))
      expect(context.active().getValue(key)).toBe('mine')
      expect(propagation.getActiveBaggage()?.getEntry('tenant')?.value).toBe('acme')
      expect(activeSpan()).toBe('1')
    })
  })

  it('does not hide what was entered behind an item that is not followed', () => {
    context.with(inSpan(2), () => {
      hold(null)
      expect(activeSpan()).toBe('2')
    })
  })

  it('has a span that is not followed, another one each time, for an item that is not', () => {
    hold(null)
    const [one, other] = [trace.getActiveSpan()?.spanContext(), trace.getActiveSpan()?.spanContext()]
    expect(one).toMatchObject({ traceFlags: TraceFlags.NONE })
    expect(one?.traceId).not.toBe(other?.traceId)
    expect(trace.isSpanContextValid(one as SpanContext)).toBe(true)
  })

  it('is not what somebody else was in who opened the connection that a call comes from', () => {
    context.with(inSpan(2), () => {
      serve(undefined)
      expect(context.active()).toBe(ROOT_CONTEXT)
      serve(followed(9))
      expect(activeSpan()).toBe('9')
      context.with(inSpan(3), () => expect(activeSpan()).toBe('3'))
    })
  })

  it('is that of a function that was bound to it, and of the listeners of an emitter', async () => {
    const { EventEmitter } = await import('node:events')
    hold(followed(1))
    expect(context.bind(inSpan(2), () => activeSpan())()).toBe('2')
    const emitter = context.bind(inSpan(3), new EventEmitter())
    const seen: unknown[] = []
    emitter.once('it', () => seen.push(activeSpan()))
    emitter.emit('it')
    expect(seen).toEqual(['3'])
  })

  it('may be attached and let go of', () => {
    hold(followed(1))
    const token = contexts.attach(inSpan(2))
    expect(activeSpan()).toBe('2')
    token.dispose()
    expect(activeSpan()).toBe('1')
  })

  it('is what was entered last once there is nothing in hand any more, for what is sent, too', () => {
    hold(null)
    context.with(inSpan(2), () => {
      expect(contexts.entered).toBeDefined()
      hold(followed(1))
      expect(contexts.entered).toBeUndefined()
      hold(undefined)
      expect(trace.getSpanContext(contexts.entered as Context)).toEqual(spanNumbered(2))
      expect(activeSpan()).toBe('2')
    })
  })

  it('says that nobody needs to ask until a followed span was entered', () => {
    context.with(ROOT_CONTEXT, () => undefined)
    context.with(inSpan(2, TraceFlags.NONE), () => undefined)
    expect(contexts.followsEntered).toBe(false)
    context.with(inSpan(2), () => undefined)
    expect(contexts.followsEntered).toBe(true)
  })

  it('does not take an exporter that suppresses tracing, in whatever it was started from, for code that makes spans', () => {
    hold(followed(1))
    context.with(suppressTracing(context.active()), () => undefined)
    expect(contexts.followsEntered).toBe(false)
  })
})

describe('The contexts of a process', () => {
  afterEach(() => context.disable())

  it('are those of all its actors, and gone with the last of them', () => {
    const one = openItemContexts(() => undefined)
    const other = openItemContexts(() => undefined)
    expect(other.contexts).toBe(one.contexts)
    one.close()
    context.with(inSpan(1), () => expect(trace.getActiveSpan()).toBeDefined())
    other.close()
    context.with(inSpan(1), () => expect(trace.getActiveSpan()).toBeUndefined())
  })

  it('leave those alone that an application has set up, and take their spans as the parents of what it does', () => {
    const theirs = new ItemContexts(() => undefined)
    context.setGlobalContextManager(theirs)
    const { contexts, close } = openItemContexts(() => ({ itemTrace: followed(1), serving: undefined }))
    expect(trace.getSpanContext(contexts.current)?.spanId).toBe(spanNumbered(1).spanId)
    context.with(inSpan(2), () => {
      expect(contexts.followsEntered).toBe(true)
      expect(trace.getSpanContext(contexts.current)?.spanId).toBe(spanNumbered(2).spanId)
    })
    close()
    context.with(inSpan(2), () => expect(trace.getActiveSpan()).toBeDefined())
  })
})
