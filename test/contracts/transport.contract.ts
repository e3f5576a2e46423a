import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UsageError } from '../../engine/errors.ts'
import type { Connection, Listener, Transport } from '../../engine/transport.ts'
import { countingBytes, End, openHandles, turns } from '../support/connection-end.ts'
import { errorOf } from '../support/thrown.ts'
import { waitUntil } from '../support/wait-until.ts'
import type { OpenedTransport } from './opened-transport.ts'
import { describeChunks } from './transport-chunks.contract.ts'

const mebibyte = 1024 * 1024

/** What every transport does. */
export function describeTransport(name: string, open: () => Promise<OpenedTransport>): void {
  describeChunks(name, open)
  describe(`${name}, as a transport`, () => {
    let opened: OpenedTransport
    let transport: Transport
    let ends: End[] = []
    let listeners: Listener[] = []
    let handlesBefore = ''

    beforeEach(async () => {
      opened = await open()
      transport = opened.transport
      handlesBefore = openHandles()
    })
    afterEach(async () => {
      for (const { connection } of ends.splice(0)) connection.destroy()
      for (const listener of listeners.splice(0)) await listener.close()
      await waitUntil(() => openHandles() === handlesBefore, {
        describe: () => `left open: ${openHandles()}; before: ${handlesBefore}`,
      })
      await opened.close?.()
    })

    const keep = (connection: Connection): End => {
      const end = new End(connection)
      ends.push(end)
      return end
    }

    /** A listener, and the ends of the connections that it has taken. */
    async function listen(address = opened.newAddress()) {
      const taken: End[] = []
      let onTaken = () => {}
      const listener = await transport.listen(address, (connection) => {
        taken.push(keep(connection))
        onTaken()
      })
      listeners.push(listener)
      const next = async (): Promise<End> => {
        while (taken.length === 0) await new Promise<void>((resolve) => (onTaken = resolve))
        return taken.shift() as End
      }
      return { listener, taken, next }
    }

    /** Two ends that are connected; neither has been started. */
    async function connect(): Promise<[End, End]> {
      const { listener, next } = await listen()
      const dialled = keep(await transport.dial(listener.address))
      return [dialled, await next()]
    }

    /** Writes until the connection takes no more for good, which is soon; how much that was. */
    async function fill(end: End): Promise<number> {
      let written = 0
      for (let calmTurns = 0; calmTurns < 50; calmTurns += 1) {
        while (!end.connection.congested) {
          end.write(countingBytes(65_536, written))
          written += 65_536
          calmTurns = 0
          expect(written).toBeLessThan(64 * mebibyte)
        }
        await turns(1)
      }
      return written
    }

    async function connectAndStart(): Promise<[End, End]> {
      const [left, right] = await connect()
      return [left.start(), right.start()]
    }

    describe('a connection', () => {
      it('says where it leads', async () => {
        for (const { connection } of await connect()) expect(connection.label).toMatch(`${transport.scheme}:`)
      })

      it('carries bytes both ways at once', async () => {
        const [left, right] = await connectAndStart()
        for (let at = 0; at < mebibyte; at += mebibyte / 16) {
          left.write(countingBytes(mebibyte / 16, at))
          right.write(countingBytes(mebibyte / 16, mebibyte + at))
        }
        await right.until(() => right.byteCount >= mebibyte)
        await left.until(() => left.byteCount >= mebibyte)
        expect(right.bytes.equals(countingBytes(mebibyte))).toBe(true)
        expect(left.bytes.equals(countingBytes(mebibyte, mebibyte))).toBe(true)
      })

      it('keeps the parts of a write, and the writes, in their order', async () => {
        const [left, right] = await connectAndStart()
        left.write('one ', new Uint8Array(), 'two ', 'three ')
        left.write(new Uint8Array())
        left.write('four')
        await right.until(() => right.byteCount >= 18)
        expect(right.bytes.toString()).toBe('one two three four')
      })

      it('carries many small writes', async () => {
        const [left, right] = await connectAndStart()
        for (let at = 0; at < 80_000; at += 4) left.write(countingBytes(4, at))
        await right.until(() => right.byteCount >= 80_000)
        expect(right.bytes.equals(countingBytes(80_000))).toBe(true)
      })

      it('carries huge writes', async () => {
        const [left, right] = await connectAndStart()
        const size = 8 * mebibyte
        for (let at = 0; at < 3 * size; at += size) left.write(countingBytes(40, at), countingBytes(size - 40, at + 40))
        await right.until(() => right.byteCount >= 3 * size)
        expect(right.bytes.equals(countingBytes(3 * size))).toBe(true)
      })

      it('leaves the bytes that it has written to their owner', async () => {
        const [left, right] = await connectAndStart()
        const [small, large] = [countingBytes(64), countingBytes(mebibyte)]
        left.write(small, large)
        left.write(large)
        await right.until(() => right.byteCount >= 2 * mebibyte + 64)
        expect(small).toEqual(countingBytes(64))
        expect(Buffer.compare(large, countingBytes(mebibyte))).toBe(0)
      })

      it('brings bytes in a later turn than that in which they are written', async () => {
        const [left, right] = await connectAndStart()
        left.write('later')
        for (let microtask = 0; microtask < 10; microtask += 1) await Promise.resolve()
        expect(right.byteCount).toBe(0)
        await right.until(() => right.byteCount > 0)
      })

      it('is congested while the peer takes nothing, and says when that is over', async () => {
        const [left, right] = await connect()
        left.start()
        expect(left.connection.congested).toBe(false)
        const written = await fill(left)
        const drains = left.drainCount
        right.start()
        await left.until(() => left.drainCount > drains)
        expect(left.connection.congested).toBe(false)
        await right.until(() => right.byteCount >= written)
        expect(right.bytes.equals(countingBytes(written))).toBe(true)
      })

      it('gets through any number of congestions', async () => {
        const [left, right] = await connectAndStart()
        let written = 0
        for (let round = 0; round < 8; round += 1) {
          const drains = left.drainCount
          while (!left.connection.congested) {
            left.write(countingBytes(512 * 1024, written))
            written += 512 * 1024
          }
          await left.until(() => left.drainCount > drains)
        }
        await right.until(() => right.byteCount >= written)
        expect(right.bytes.equals(countingBytes(written))).toBe(true)
      })

      it('brings what was written before it was started', async () => {
        const [left, right] = await connect()
        left.write('before ')
        await turns()
        left.start()
        left.write('after')
        right.start()
        await right.until(() => right.byteCount >= 12)
        expect(right.bytes.toString()).toBe('before after')
      })

      it('can be told at any time whether to keep the process alive', async () => {
        const [left, right] = await connect()
        for (const keeps of [false, true, false]) left.connection.keepAlive(keeps)
        left.start()
        for (const keeps of [true, false, true]) right.connection.keepAlive(keeps)
        right.start()
        left.write('still')
        await right.until(() => right.byteCount >= 5)
        left.connection.destroy()
        for (const end of [left, right]) {
          await end.closed()
          end.connection.keepAlive(false)
          end.connection.keepAlive(true)
        }
        expect(right.bytes.toString()).toBe('still')
      })
    })

    describe('the end of a connection', () => {
      const expectOneClose = async (...all: End[]) => {
        for (const end of all) await end.closed()
        await turns()
        for (const end of all) expect(end.closes).toEqual([undefined])
      }

      it('comes after all that was written before it', async () => {
        const [left, right] = await connectAndStart()
        const size = 4 * mebibyte
        left.write(countingBytes(size))
        for (let at = size; at < size + 4_000; at += 4) left.write(countingBytes(4, at))
        left.connection.end()
        await expectOneClose(left, right)
        expect(right.bytes.equals(countingBytes(size + 4_000))).toBe(true)
      })

      it('lets what the other end had written arrive', async () => {
        const [left, right] = await connectAndStart()
        right.write(countingBytes(4 * mebibyte))
        left.connection.end()
        await expectOneClose(left, right)
        expect(left.bytes.equals(countingBytes(4 * mebibyte))).toBe(true)
      })

      it('may come from both sides at once', async () => {
        const [left, right] = await connectAndStart()
        left.write('left')
        right.write('right')
        left.connection.end()
        right.connection.end()
        await expectOneClose(left, right)
        expect([left.bytes.toString(), right.bytes.toString()]).toEqual(['right', 'left'])
      })

      it.each(['last words', ''])(
        'is heard by one that is started after it, with what came before: %o',
        async (text) => {
          const [left, right] = await connect()
          left.start()
          left.write(text)
          left.connection.end()
          await turns()
          right.start()
          await expectOneClose(left, right)
          expect(right.bytes.toString()).toBe(text)
        },
      )

      it('makes later writes and ends harmless', async () => {
        const [left, right] = await connectAndStart()
        left.connection.end()
        left.write('too late')
        left.connection.end()
        await expectOneClose(left, right)
        for (const end of [left, right]) {
          end.write('much too late')
          end.connection.end()
          end.connection.destroy()
        }
        await expectOneClose(left, right)
        expect(right.byteCount).toBe(0)
      })

      it('by destruction is heard at both ends', async () => {
        const [left, right] = await connectAndStart()
        left.connection.destroy()
        left.connection.destroy()
        await left.closed()
        await right.closed()
        left.write('too late')
        right.write('too late')
        await turns()
        expect([left.closes.length, right.closes.length]).toEqual([1, 1])
      })

      it('by destruction does not wait for a peer that takes nothing', async () => {
        const [left, right] = await connect()
        left.start()
        await fill(left)
        left.connection.end()
        left.connection.destroy()
        await left.closed()
        right.start()
        await right.closed()
        await turns()
        expect([left.closes.length, right.closes.length]).toEqual([1, 1])
      })

      it('by destruction hands on nothing more', async () => {
        const [left, right] = await connect()
        left.start()
        right.write(countingBytes(mebibyte))
        await left.until(() => left.byteCount > 0)
        left.connection.destroy()
        const heard = left.byteCount
        right.start()
        await right.closed()
        await left.closed()
        expect(left.byteCount).toBe(heard)
      })

      it('by destruction before the start is heard after it', async () => {
        const [left, right] = await connect()
        left.connection.destroy()
        left.start()
        await left.closed()
        right.start()
        await right.closed()
        await turns()
        expect([left.closes.length, right.closes.length]).toEqual([1, 1])
      })
    })

    describe('listening and dialling', () => {
      it('takes several connections, each for itself', async () => {
        const { listener, next } = await listen()
        const pairs: [End, End][] = []
        for (let count = 0; count < 5; count += 1) {
          pairs.push([keep(await transport.dial(listener.address)).start(), (await next()).start()])
        }
        pairs.forEach(([left], index) => left.write(`to ${index}`))
        for (const [index, [, right]] of pairs.entries()) {
          await right.until(() => right.byteCount >= 4)
          expect(right.bytes.toString()).toBe(`to ${index}`)
        }
        const [first, second] = pairs as [[End, End], [End, End]]
        first[0].connection.destroy()
        await first[1].closed()
        second[0].write('!')
        await second[1].until(() => second[1].byteCount >= 5)
      })

      it('takes several that dial at once', async () => {
        const { listener, next } = await listen()
        const dials = Array.from({ length: 5 }, () => transport.dial(listener.address))
        for (const connection of await Promise.all(dials)) keep(connection).start().write('here')
        for (let count = 0; count < 5; count += 1) {
          const right = (await next()).start()
          await right.until(() => right.byteCount >= 4)
          expect(right.bytes.toString()).toBe('here')
        }
      })

      it('refuses a dial when nobody listens', async () => {
        const { listener } = await listen()
        await listener.close()
        const error = await errorOf(transport.dial(listener.address))
        expect(error.code).toMatch(/^(ECONNREFUSED|ENOENT)$/)
        expect(error.message).toContain(error.code)
      })

      it('refuses to listen where somebody listens', async () => {
        const { listener } = await listen()
        const error = await errorOf(transport.listen(listener.address, () => undefined))
        expect(error).toBeInstanceOf(UsageError)
        expect(error.message).toMatch(`cannot listen at ${listener.address}: it is taken already`)
      })

      it('keeps the connections of a listener that is closed', async () => {
        const { listener, taken, next } = await listen()
        const left = keep(await transport.dial(listener.address)).start()
        const right = (await next()).start()
        await listener.close()
        await listener.close()
        expect(await errorOf(transport.dial(listener.address))).toHaveProperty('code')
        expect(taken).toEqual([])
        left.write('still here')
        await right.until(() => right.byteCount >= 10)
        right.write('me too')
        await left.until(() => left.byteCount >= 6)
      })

      it('listens again where a listener was closed', async () => {
        const { listener } = await listen()
        await listener.close()
        const { next } = await listen(listener.address)
        const left = keep(await transport.dial(listener.address)).start()
        const right = (await next()).start()
        left.write('again')
        await right.until(() => right.byteCount >= 5)
        expect(right.bytes.toString()).toBe('again')
      })

      it('gives up a dial when its signal says so, with the reason', async () => {
        const { listener, taken } = await listen()
        const controller = new AbortController()
        const reason = new Error('enough')
        const dialled = errorOf(transport.dial(listener.address, { signal: controller.signal }))
        controller.abort(reason)
        expect(await dialled).toBe(reason)
        expect(getEventListeners(controller.signal, 'abort')).toEqual([])
        expect(await errorOf(transport.dial(listener.address, { signal: controller.signal }))).toBe(reason)
        // The system may have let the first one through; then it is closed already.
        await turns()
        for (const end of taken) await end.start().closed()
      })

      it('lets go of the signal when the dial is over', async () => {
        const { listener, next } = await listen()
        const controller = new AbortController()
        const left = keep(await transport.dial(listener.address, { signal: controller.signal })).start()
        const right = (await next()).start()
        await listener.close()
        await errorOf(transport.dial(listener.address, { signal: controller.signal }))
        expect(getEventListeners(controller.signal, 'abort')).toEqual([])
        controller.abort()
        left.write('unmoved')
        await right.until(() => right.byteCount >= 7)
      })

      it.each(['', 'nonsense', 'other:thing'])('refuses the address %o', async (address) => {
        const uses = [() => transport.dial(address), () => transport.listen(address, () => undefined)]
        for (const use of uses) {
          const error = await errorOf(use())
          expect(error).toBeInstanceOf(UsageError)
          expect(error.message).toContain(`'${address}'`)
        }
      })
    })
  })
}
