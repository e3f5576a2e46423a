import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Connection, Listener } from '../../engine/transport.ts'
import { countingBytes } from '../support/connection-end.ts'
import { waitUntil } from '../support/wait-until.ts'
import type { OpenedTransport } from './opened-transport.ts'

const mebibyte = 1024 * 1024

/** What every transport does with the memory of what it brings. */
export function describeChunks(name: string, open: () => Promise<OpenedTransport>): void {
  describe(`the chunks of ${name}`, () => {
    let opened: OpenedTransport
    let listener: Listener
    let ends: [Connection, Connection]
    let closedCount = 0

    beforeEach(async () => {
      closedCount = 0
      opened = await open()
      const taken = Promise.withResolvers<Connection>()
      listener = await opened.transport.listen(opened.newAddress(), taken.resolve)
      ends = [await opened.transport.dial(listener.address), await taken.promise]
    })
    afterEach(async () => {
      for (const connection of ends) connection.destroy()
      await waitUntil(() => closedCount === 2, { describe: () => ({ closedCount }) })
      await listener.close()
      await opened.close?.()
    })

    const start = (connection: Connection, onBytes: (chunk: Uint8Array) => void) =>
      connection.start({ onBytes, onDrain: () => undefined, onClose: () => void (closedCount += 1) })

    it('have memory of their own each, or all the same, which is used again', async () => {
      const memories = new Set<ArrayBufferLike>()
      let heard = 0
      for (const connection of ends) {
        start(connection, ({ buffer }) => {
          memories.add(buffer)
          heard += 1
          if (heard < 10) connection.write([Buffer.alloc(65_536)])
        })
      }
      ends[0].write([Buffer.alloc(65_536)])
      await waitUntil(() => heard >= 10, { describe: () => ({ heard }) })
      expect(memories.size).toBe(ends[0].givesChunks === true ? heard : 1)
    })

    it('are handed on one at a time, whatever is written meanwhile', async () => {
      const [left, right] = ends
      const received: Buffer[] = []
      let changedCount = 0
      start(right, (chunk) => {
        const before = Buffer.from(chunk)
        right.write([new Uint8Array()])
        right.write([new Uint8Array(), Buffer.from('heard'), new Uint8Array()])
        if (!before.equals(chunk)) changedCount += 1
        received.push(before)
      })
      start(left, () => undefined)
      left.write([countingBytes(4 * mebibyte)])
      const byteCount = () => received.reduce((sum, chunk) => sum + chunk.byteLength, 0)
      await waitUntil(() => byteCount() >= 4 * mebibyte, { describe: () => ({ byteCount: byteCount() }) })
      expect(changedCount).toBe(0)
      expect(Buffer.concat(received).equals(countingBytes(4 * mebibyte))).toBe(true)
    })
  })
}
