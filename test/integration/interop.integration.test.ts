import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import {
  fromNodeReadable,
  fromWebStream,
  openNursery,
  RemoteActorError,
  toNodeReadable,
  toWebStream,
} from '../../index.ts'
import counts from '../fixtures/actors/counts.ts'
import waits from '../fixtures/actors/waits.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'

describe('The stream of a portal', () => {
  const { withActor, notes, readNotes } = openTreeBed()

  it('is a Node stream, as quick as its reader', async () => {
    await withActor(counts, async (portal) => {
      const read: number[] = []
      const writer = new Writable({
        objectMode: true,
        write(n: number, _encoding, callback) {
          read.push(n)
          callback()
        },
      })
      await pipeline(toNodeReadable(portal.stream('countInBatches', 100_000, 100)), writer)
      expect(read).toEqual(Array.from({ length: 100_000 }, (_, n) => n))
    })
  })

  it('is not read further than its window by a Node stream that nobody reads on', async () => {
    await withActor(counts, async (portal) => {
      const stream = toNodeReadable(portal.with({ windowCount: 64 }).stream('count', 1_000_000))
      expect(
        await errorOf(
          pipeline(stream, new Writable({ objectMode: true, write: () => undefined }), {
            signal: AbortSignal.timeout(300),
          }),
        ),
      ).toMatchObject({ name: 'AbortError' })
      const { yielded } = await portal.run('readProgress')
      expect(yielded).toBeLessThan(64 + 200)
    })
  })

  it('has run its finally when the Node stream emits close, or the cancel of the web stream resolves', async () => {
    await withActor(counts, async (portal) => {
      const node = toNodeReadable(portal.stream('endSlowly', 100))
      for await (const _ of node) break
      if (!node.closed) await new Promise((resolve) => node.once('close', resolve))
      expect(await portal.run('readProgress')).toMatchObject({ begun: 1, ended: 1 })
      const web = toWebStream(portal.stream('endSlowly', 100)).getReader()
      expect(await web.read()).toEqual({ done: false, value: 'tick' })
      await web.cancel()
      expect(await portal.run('readProgress')).toMatchObject({ begun: 2, ended: 2 })
    })
  })

  it('can be left while it waits for an item', async () => {
    await withActor(counts, async (portal) => {
      const node = toNodeReadable(portal.stream('yieldOneAndWait'))
      const read: unknown[] = []
      node.on('data', (item) => {
        read.push(item)
        setImmediate(() => node.destroy())
      })
      await new Promise((resolve) => node.once('close', resolve))
      expect(read).toEqual(['one'])
      expect(await portal.run('readProgress')).toMatchObject({ begun: 1, ended: 1 })
    })
  })

  it('passes its error through both kinds of streams', async () => {
    await withActor(counts, async (portal) => {
      for (const through of [
        fromNodeReadable<number>(toNodeReadable(portal.stream('failSoon', 3))),
        fromWebStream(toWebStream(portal.stream('failSoon', 3))),
      ]) {
        const items: number[] = []
        const error = await errorOf(
          (async () => {
            for await (const item of through) items.push(item)
          })(),
        )
        expect(items).toEqual([0, 1, 2])
        expect(error).toBeInstanceOf(RemoteActorError)
        expect(error).toMatchObject({ message: 'failed by itself' })
      }
    })
  })

  it('is cancelled with the task that made a Node stream of it', async () => {
    await withActor(waits, async (portal) => {
      await openNursery(async (nursery) => {
        void nursery.startTask(async () => {
          for await (const _ of toNodeReadable(portal.stream('tick', notes('cancelled')))) nursery.cancel()
        })
      })
      expect(await readNotes('cancelled')).toEqual(['actor ended'])
    })
  })
})
