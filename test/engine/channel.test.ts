import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  ChannelBrokenError,
  ChannelClosedError,
  FrameTooLargeError,
  ProtocolError,
  VersionMismatchError,
} from '../../engine/errors.ts'
import { CallKind, Kind, wireVersion } from '../../engine/frame.ts'
import { MessageSender } from '../../engine/message-sender.ts'
import { readyToSend } from '../../engine/ready-to-send.ts'
import { weigh } from '../../engine/weigh.ts'
import { memoryConnectionPair } from '../support/memory-connection.ts'
import { errorOf } from '../support/thrown.ts'
import { contextEnd, donny, frank, hello, openAlone, openEnd, openPair, settle, startOf } from './channel-ends.ts'
import { hop } from './hop.ts'

afterEach(() => {
  vi.useRealTimers()
})

describe('Channel', () => {
  it('learns who the peer is from its hello', async () => {
    const [caller, callee] = openPair()
    expect(await caller.channel.greeted).toEqual(frank)
    expect(await callee.channel.greeted).toEqual(donny)
    expect(caller.channel.peer).toEqual(frank)
    expect(caller.channel.gone).toBeUndefined()
  })

  it('is broken when the peer does not say in time who it is, and its error has the limit', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { end } = openAlone({ handshakeTimeoutMs: 3_000 })
    const greeting = errorOf(end.channel.greeted)
    await vi.advanceTimersByTimeAsync(2_999)
    expect(end.gone).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(end.gone).toEqual([await greeting])
    expect(end.channel.gone).toMatchObject({ code: 'FLOW_CHANNEL_BROKEN', handshakeLimitMs: 3_000 })
  })

  it('hands a call to the callee, and its frames to the caller’s context', async () => {
    const [caller, callee] = openPair()
    const end = contextEnd()
    const id = caller.channel.attach(end)
    caller.channel.post(startOf(id))
    await settle()
    expect(callee.started).toEqual([startOf(id)])
    callee.channel.post([Kind.return, id, 3])
    await settle()
    expect(end.received).toEqual([[Kind.return, id, 3]])
  })

  it('numbers the contexts of its two sides apart', () => {
    const [caller, callee] = openPair()
    expect([1, 2, 3].map(() => caller.channel.attach(contextEnd()))).toEqual([1, 3, 5])
    expect([1, 2, 3].map(() => callee.channel.attach(contextEnd()))).toEqual([2, 4, 6])
    expect(caller.channel.contextCount).toBe(3)
  })

  it('writes a grant at once, with what was posted before it, or with the rest of its tick', async () => {
    const [caller, callee] = openPair()
    await settle()
    const id = caller.channel.attach(contextEnd())
    const end = contextEnd()
    caller.channel.post(startOf(id))
    await settle()
    callee.channel.adopt(id, end)
    const before = caller.connection.writeCount
    caller.channel.grant(id, 8, 100, 'next')
    expect(caller.connection.writeCount).toBe(before)
    caller.channel.grant(id, 520, 100, 'now')
    expect(caller.connection.writeCount).toBe(before + 1)
    await settle()
    expect(caller.connection.writeCount).toBe(before + 1)
    expect(end.received).toEqual([
      [Kind.credit, id, 8, 100],
      [Kind.credit, id, 520, 100],
    ])
  })

  it('sends what is posted in one tick as one write', async () => {
    const [caller, callee] = openPair()
    await settle()
    const before = caller.connection.writeCount
    for (let n = 0; n < 10; n += 1) caller.channel.post(startOf(caller.channel.attach(contextEnd())))
    await settle()
    expect(callee.started).toHaveLength(10)
    expect(caller.connection.writeCount).toBe(before + 1)
  })

  it('does not keep a burst of them for the end of the tick', async () => {
    const [caller, callee] = openPair()
    await settle()
    const before = caller.connection.writeCount
    for (let id = 1; id <= 199; id += 2) caller.channel.post(startOf(id))
    expect(caller.connection.writeCount - before).toBe(3)
    await settle()
    expect(caller.connection.writeCount - before).toBe(4)
    expect(callee.started.map((frame) => frame[1])).toEqual(Array.from({ length: 100 }, (_, i) => 1 + i * 2))
  })

  it('sends the first items of a turn at the end of the tick, and gathers those after them', async () => {
    const [caller, callee] = openPair()
    await settle()
    const end = contextEnd()
    const sender = new MessageSender(caller.channel, callee.channel.attach(end), hop, undefined)
    sender.grant(100, 10_000)
    const before = caller.connection.writeCount
    const nextTick = () => new Promise<void>((resolve) => process.nextTick(resolve))
    for (const item of ['a', 'b']) await sender.send(item)
    await nextTick()
    await nextTick()
    expect(caller.connection.writeCount).toBe(before + 1)
    for (const item of ['c', 'd']) {
      await sender.send(item)
      await nextTick()
    }
    expect(caller.connection.writeCount).toBe(before + 1)
    await settle()
    expect(caller.connection.writeCount).toBe(before + 2)
    expect(end.received.map((frame) => frame[2])).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
  })

  it('sends items along with what goes out before', async () => {
    const [caller, callee] = openPair()
    await settle()
    const end = contextEnd()
    const id = callee.channel.attach(end)
    const sender = new MessageSender(caller.channel, id, hop, undefined)
    sender.grant(100, 10_000)
    const before = caller.connection.writeCount
    for (const item of ['a', 'b']) await sender.send(item)
    expect(caller.connection.writeCount).toBe(before)
    caller.channel.post([Kind.ping, 0, 1])
    await settle()
    expect(caller.connection.writeCount).toBe(before + 1)
    await sender.send('c')
    await settle()
    expect(end.received.map((frame) => frame[2])).toEqual([['a', 'b'], ['c']])
  })

  it('understands its peer however the bytes are cut', async () => {
    const [caller, callee] = openPair()
    callee.connection.chunkBytes = 1
    const id = caller.channel.attach(contextEnd())
    caller.channel.post(startOf(id))
    await settle()
    expect(callee.started).toEqual([startOf(id)])
  })

  it('drops frames of contexts that it does not know, which are late', async () => {
    const { end, say } = openAlone()
    const context = contextEnd()
    const id = end.channel.attach(context)
    end.channel.detach(id)
    await say(hello, [Kind.return, id, 1], [Kind.credit, 99, 1, 1], [Kind.stop, 7])
    expect(context.received).toEqual([])
    expect(end.channel.gone).toBeUndefined()
  })

  it('answers a ping', async () => {
    const [caller, callee] = openPair()
    const sent = vi.spyOn(callee.channel, 'post')
    caller.channel.post([Kind.ping, 0, 42])
    await settle()
    expect(sent).toHaveBeenCalledExactlyOnceWith([Kind.pong, 0, 42])
    expect(caller.channel.gone).toBeUndefined()
  })
})

describe('A channel whose connection is congested', () => {
  it('writes nothing until it drains, and then all of it in order', async () => {
    const [caller, callee] = openPair()
    await settle()
    const before = caller.connection.writeCount
    caller.connection.congested = true
    for (const id of [1, 3, 5]) caller.channel.post(startOf(id))
    await settle()
    expect(caller.connection.writeCount).toBe(before)
    caller.connection.drain()
    await settle()
    expect(callee.started.map((frame) => frame[1])).toEqual([1, 3, 5])
  })

  it('still says goodbye', async () => {
    const [caller, callee] = openPair()
    await settle()
    caller.connection.congested = true
    caller.channel.post(startOf(1))
    await caller.channel.close('done')
    expect(callee.started).toEqual([startOf(1)])
    expect(callee.channel.gone).toMatchObject({ goodbye: 'done' })
  })
})

describe('A channel with much to send', () => {
  it('sends large values in rounds that are within the limit of a frame', async () => {
    const limit = 1024 * 1024
    const [caller, callee] = openPair(limit)
    const value = new Uint8Array(caller.channel.maxItemBytes - 100)
    for (const id of [1, 3, 5]) {
      const args = [readyToSend(value, value.byteLength)]
      caller.channel.post([Kind.start, id, CallKind.run, '', 'add', args, 1, 1, 0], weigh([value]))
    }
    const sender = new MessageSender(caller.channel, 2, hop, undefined)
    sender.grant(1000, 100_000_000)
    for (let n = 0; n < 20; n += 1) await sender.send('語'.repeat(300))
    await sender.send(value)
    sender.end([Kind.return, 2, readyToSend(value, value.byteLength)], value.byteLength)
    await settle()
    expect(callee.started.map((frame) => (frame[5][0] as Uint8Array).byteLength)).toEqual(
      [1, 3, 5].map(() => value.byteLength),
    )
    expect(callee.gone).toEqual([])
  })

  it('lets streams take turns', async () => {
    const [caller, callee] = openPair()
    await settle()
    const received: number[] = []
    for (let n = 0; n < 40; n += 1) {
      const id = callee.channel.attach({ receive: (frame) => void received.push(frame[1]), broken: () => undefined })
      const sender = new MessageSender(caller.channel, id, hop, undefined)
      sender.grant(1000, 1_000_000)
      await sender.send('x'.repeat(20_000))
    }
    const before = caller.connection.writeCount
    await settle()
    expect(received).toEqual(Array.from({ length: 40 }, (_, n) => 2 * n + 2))
    expect(caller.connection.writeCount - before).toBeGreaterThan(1)
  })

  it('ends if a value changes while it is sent', async () => {
    const [caller, callee] = openPair()
    const end = contextEnd()
    caller.channel.attach(end)
    const trap = {
      get late(): unknown {
        throw new Error('changed')
      },
    }
    caller.channel.post([Kind.return, 2, trap])
    await settle()
    expect(end.errors).toEqual([expect.any(ProtocolError)])
    expect(callee.gone).toEqual([expect.any(ChannelBrokenError)])
  })
})

describe('The end of a channel', () => {
  it('is ChannelBrokenError with the goodbye at the side that did not close it', async () => {
    const [caller, callee] = openPair()
    await settle()
    const context = contextEnd()
    callee.channel.attach(context)
    await caller.channel.close('its root was closed')
    const [error] = callee.gone as [ChannelBrokenError]
    expect(error).toBeInstanceOf(ChannelBrokenError)
    expect(error).toMatchObject({ peer: donny, goodbye: 'its root was closed' })
    expect(context.errors).toEqual([error])
    expect(callee.channel.gone).toBe(error)
  })

  it('is ChannelClosedError at once at the side that closed it', async () => {
    const [caller] = openPair()
    await settle()
    const context = contextEnd()
    caller.channel.attach(context)
    const closing = caller.channel.close('done')
    expect(caller.channel.gone).toBeInstanceOf(ChannelClosedError)
    expect(context.errors).toEqual([caller.channel.gone])
    expect(caller.channel.contextCount).toBe(0)
    await closing
    await caller.channel.close('again')
    expect(caller.gone).toHaveLength(1)
  })

  it('lets what was posted before arrive first', async () => {
    const [caller, callee] = openPair()
    caller.channel.post(startOf(1))
    await caller.channel.close('done')
    expect(callee.started).toEqual([startOf(1)])
  })

  it('lets both sides close at once', async () => {
    const [caller, callee] = openPair()
    await settle()
    await Promise.all([caller.channel.close('here'), callee.channel.close('there')])
    expect(caller.channel.gone).toBeInstanceOf(ChannelClosedError)
    expect(callee.channel.gone).toBeInstanceOf(ChannelClosedError)
  })

  it('is not waited for long if the peer does not read', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { end } = openAlone()
    const destroyed = vi.spyOn(end.connection, 'destroy')
    vi.spyOn(end.connection, 'end').mockImplementation(() => undefined)
    const closing = end.channel.close('done')
    await vi.advanceTimersByTimeAsync(1000)
    expect(destroyed).toHaveBeenCalledOnce()
    await settle()
    await closing
  })

  it('comes without a goodbye when the peer vanishes', async () => {
    const [caller, callee] = openPair()
    await settle()
    const context = contextEnd()
    caller.channel.attach(context)
    callee.connection.break()
    await settle()
    expect(caller.gone).toEqual([expect.any(ChannelBrokenError)])
    expect(caller.channel.gone).toMatchObject({ peer: frank, goodbye: undefined })
    expect(context.errors).toEqual(caller.gone)
  })

  it('has the error of the system as its cause', async () => {
    const [caller] = openPair()
    await settle()
    const failure = new Error('read ECONNRESET')
    caller.connection.break(failure)
    expect(caller.channel.gone).toMatchObject({ cause: failure })
    expect(caller.channel.gone?.message).toMatch(/broke: read ECONNRESET$/)
  })

  it('rejects the greeting if it comes before the hello', async () => {
    const [left, right] = memoryConnectionPair()
    const end = openEnd(left, donny, true)
    const greeting = errorOf(end.channel.greeted)
    right.break()
    expect(await greeting).toBeInstanceOf(ChannelBrokenError)
  })

  it('is final: nothing is sent or received after it', async () => {
    const [caller, callee] = openPair()
    await settle()
    caller.connection.break()
    const before = caller.connection.writeCount
    caller.channel.post(startOf(1))
    caller.channel.ready(new MessageSender(caller.channel, 1, hop, undefined), 'now')
    caller.connection.arrive(Buffer.from([0, 0, 0, 1, 0xc1]))
    await settle()
    expect(caller.connection.writeCount).toBe(before)
    expect(caller.gone).toHaveLength(1)
    expect(callee.gone).toHaveLength(1)
  })
})

describe('A peer that breaks the rules', () => {
  it('is told apart by its version', async () => {
    const { end, say } = openAlone()
    const greeting = errorOf(end.channel.greeted)
    await say([Kind.hello, 0, { version: 999, actor: frank }])
    const error = await greeting
    expect(error).toBeInstanceOf(VersionMismatchError)
    expect(error).toMatchObject({ ours: wireVersion, theirs: 999 })
    expect(end.gone).toEqual([error])
  })

  it.each<[string, unknown[][], RegExp]>([
    ['says hello twice', [hello, hello], /said hello twice/],
    ['calls before its hello', [startOf(2)], /spoke before it said who it is/],
    ['opens a context of ours', [hello, startOf(1)], /opened context 1, which is not its to open/],
    ['opens the same context twice', [hello, startOf(4), startOf(4)], /opened context 4/],
    ['opens contexts backwards', [hello, startOf(4), startOf(2)], /opened context 2/],
    ['sends what is no frame', [hello, [77, 1]], /a frame of unknown kind 77/],
    ['sends a malformed credit', [hello, [Kind.credit, 1, 'much', 1]], /a malformed credit/],
  ])('ends the channel when it %s', async (_, frames, message) => {
    const { end, say } = openAlone()
    const context = contextEnd()
    end.channel.attach(context)
    await say(...frames)
    expect(end.channel.gone).toBeInstanceOf(ProtocolError)
    expect(end.channel.gone?.message).toMatch(message)
    expect(context.errors).toEqual([end.channel.gone])
  })

  it('ends the channel with garbage', async () => {
    const { end } = openAlone()
    end.connection.arrive(Buffer.from([0, 0, 0, 3, 0xc1, 0xff, 0x00]))
    await settle()
    expect(end.channel.gone).toBeInstanceOf(ProtocolError)
  })

  it('ends the channel with a frame over the limit', async () => {
    const { end } = openAlone()
    end.connection.arrive(Buffer.from([0x3f, 0xff, 0xff, 0xff]))
    await settle()
    expect(end.channel.gone).toBeInstanceOf(FrameTooLargeError)
  })
})
