import { threadId } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import {
  isMemoryAddressHere,
  memoryAddress,
  memoryConnectionPair,
  memoryTransport,
} from '../../../engine/transports/memory.ts'
import { describeTransport } from '../../contracts/transport.contract.ts'
import { End, turns } from '../../support/connection-end.ts'
import { errorOf } from '../../support/thrown.ts'

let lastId = 0

describeTransport('memory:', async () => ({
  transport: memoryTransport,
  newAddress() {
    lastId += 1
    return memoryAddress(`id-${lastId}`)
  },
}))

describe('A memory connection', () => {
  const openPair = (): [End, End] => {
    const [left, right] = memoryConnectionPair('the link')
    return [new End(left).start(), new End(right).start()]
  }

  it('says that its peer is in the same thread', () => {
    for (const end of memoryConnectionPair('the link'))
      expect(end).toMatchObject({ sameThread: true, label: 'the link' })
  })

  it('brings each write as one chunk', async () => {
    const [left, right] = openPair()
    left.write('one ', 'two')
    left.write('three')
    await right.until(() => right.byteCount >= 12)
    expect(right.chunks.map(String)).toHaveLength(2)
    left.connection.destroy()
  })

  it('copies what is written', async () => {
    const [left, right] = openPair()
    const large = Buffer.alloc(100_000, 'a')
    left.write(large)
    large.fill('b')
    await right.until(() => right.byteCount >= 100_000)
    expect(right.bytes.equals(Buffer.alloc(100_000, 'a'))).toBe(true)
    left.connection.destroy()
  })

  it('runs the ticks and microtasks that a chunk causes before the next', async () => {
    const [left, right] = memoryConnectionPair('the link')
    const seen: string[] = []
    right.start({
      onBytes(chunk) {
        const text = Buffer.from(chunk).toString()
        seen.push(text)
        process.nextTick(() => seen.push(`tick after ${text}`))
        queueMicrotask(() => seen.push(`microtask after ${text}`))
      },
      onDrain: () => undefined,
      onClose: () => undefined,
    })
    for (const text of ['1', '2']) left.write([Buffer.from(text)])
    await turns()
    expect(seen).toEqual(['1', 'tick after 1', 'microtask after 1', '2', 'tick after 2', 'microtask after 2'])
    left.destroy()
  })

  it('lets the loop go on while two ends answer each other for ever', async () => {
    const [left, right] = openPair()
    let answers = 0
    for (const [end, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const answer = async () => {
        for (;;) {
          const before = end.chunks.length
          await end.until(() => end.chunks.length > before || end.closes.length > 0)
          if (end.closes.length > 0 || other.closes.length > 0) return
          answers += 1
          end.write('again')
        }
      }
      void answer()
    }
    left.write('go')
    await turns(100)
    expect(answers).toBeGreaterThan(10)
    expect(answers).toBeLessThan(300)
    left.connection.destroy()
    await right.closed()
  })

  it('drops what a destroyed end had written and the peer was not handed yet', async () => {
    const [left, right] = openPair()
    left.write('never heard')
    left.connection.destroy()
    await right.closed()
    expect(right.byteCount).toBe(0)
  })
})

describe('A memory address', () => {
  it('is good in its own thread only', () => {
    expect(memoryAddress('a/b c')).toBe(`memory:${process.pid}-${threadId}/a/b c`)
    expect(isMemoryAddressHere(memoryAddress('a'))).toBe(true)
    expect(isMemoryAddressHere(`memory:${process.pid}-${threadId + 1}/a`)).toBe(false)
    expect(isMemoryAddressHere(`memory:${process.pid + 1}-${threadId}/a`)).toBe(false)
    expect(isMemoryAddressHere(`port:${process.pid}-${threadId}/a`)).toBe(false)
    expect(isMemoryAddressHere('memory:a')).toBe(false)
  })

  it('of another thread cannot be dialled', async () => {
    const elsewhere = `memory:${process.pid}-${threadId + 1}/a`
    const error = await errorOf(memoryTransport.dial(elsewhere))
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
    expect(error.message).toContain(`${elsewhere}: it is not in this thread`)
  })
})
