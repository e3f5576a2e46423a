import { describe, expect, it } from 'vitest'
import { ContextCancelledError, moveOnAfter, RemoteActorError, StreamClosedError } from '../../index.ts'
import converses from '../fixtures/actors/converses.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('A context', () => {
  const { withActor, notes, readNotes } = openTreeBed()

  it('opens with the value that the other side started with, and has items both ways and a result', async () => {
    await withActor(converses, async (portal) => {
      await using dialogue = await portal.openContext('measure')
      expect(dialogue.value).toEqual({ ready: true })
      await dialogue.stream.send('hello')
      expect(await dialogue.stream.next()).toEqual({ value: 5, done: false })
      await dialogue.stream.send('to you')
      await dialogue.stream.close()
      expect(await Array.fromAsync(dialogue.stream)).toEqual([6])
      expect(await dialogue.result()).toBe(2)
    })
  })

  it('has ten thousand items both ways at once', async () => {
    await withActor(converses, async (portal) => {
      await using dialogue = await portal.openContext('measure')
      const send = async () => {
        for (let n = 0; n < 10_000; n += 1) await dialogue.stream.send('x'.repeat(n % 10))
        await dialogue.stream.close()
      }
      const [lengths] = await Promise.all([Array.fromAsync(dialogue.stream), send()])
      expect(lengths).toEqual(Array.from({ length: 10_000 }, (_, n) => n % 10))
      expect(await dialogue.result()).toBe(10_000)
    })
  })

  it('goes on in one direction when the other has ended', async () => {
    await withActor(converses, async (portal) => {
      await using open = await portal.openContext('closeFirst')
      expect(await Array.fromAsync(open.stream)).toEqual(['only this'])
      for (const n of [1, 2, 3]) await open.stream.send(n)
      await open.stream.close()
      expect(await errorOf(open.stream.send(4))).toBeInstanceOf(StreamClosedError)
      expect(await open.result()).toBe(6)
    })
  })

  it('holds its sender back when the other side takes no more', async () => {
    await withActor(converses, async (portal) => {
      await using open = await portal.openContext('takeFew', 3)
      let sent = 0
      const { cancelled } = await moveOnAfter(300, async () => {
        for (;;) {
          await open.stream.send(sent)
          sent += 1
        }
      })
      expect(cancelled).toBe(true)
      expect(sent).toBeGreaterThan(1_000)
      expect(sent).toBeLessThan(10_000)
    })
  })

  it('mixes what several tasks send, each in its own order', async () => {
    await withActor(converses, async (portal) => {
      await using open = await portal.openContext('sendFromTwoTasks', 5_000)
      const items = await Array.fromAsync(open.stream)
      expect(items.length).toBe(10_000)
      for (const name of ['a', 'b']) {
        const own = items.filter((item) => item.startsWith(name))
        expect(own).toEqual(Array.from({ length: 5_000 }, (_, n) => `${name}${n}`))
      }
    })
  })

  it('tells the callee who cancelled it and why, and its caller the same', async () => {
    const file = notes('cancel-by-caller')
    await withActor(converses, async (portal) => {
      await using open = await portal.openContext('waitForCancel', file)
      expect(await open.stream.next()).toEqual({ value: 'waiting', done: false })
      await open.cancel('enough of it')
      expect(await readNotes('cancel-by-caller')).toEqual(['cancelled by root: enough of it', 'signal aborted: true'])
      const error = await errorOf(open.result())
      expect(error).toBeInstanceOf(ContextCancelledError)
      expect(error).toMatchObject({ canceller: { name: 'root' }, reason: 'enough of it' })
    })
  })

  it('tells the caller when the callee cancels it', async () => {
    const file = notes('cancel-by-callee')
    await withActor(converses, async (portal) => {
      const open = await portal.openContext('cancelItself', file, 'tired')
      const items: number[] = []
      const read = async () => {
        for await (const n of open.stream) items.push(n)
      }
      const error = await errorOf(read())
      expect(error).toBeInstanceOf(ContextCancelledError)
      expect(error).toMatchObject({ canceller: portal.actor, reason: 'tired' })
      expect(items).toEqual([1])
      expect(await readNotes('cancel-by-callee')).toEqual(['finally'])
      expect(await errorOf(open.result())).toMatchObject({ canceller: portal.actor, reason: 'tired' })
    })
  })

  it('that is left early has ended in the other actor, finally and all', async () => {
    const file = notes('left')
    await withActor(converses, async (portal) => {
      {
        await using open = await portal.openContext('waitForCancel', file)
        await open.stream.next()
      }
      expect(await readNotes('left')).toEqual([
        'cancelled by root: its caller left the context',
        'signal aborted: true',
      ])
    })
  })

  it('is not ended by leaving a loop over its stream', async () => {
    await withActor(converses, async (portal) => {
      await using dialogue = await portal.openContext('measure')
      for (const text of ['a', 'bb', 'ccc']) await dialogue.stream.send(text)
      for await (const length of dialogue.stream) if (length === 1) break
      expect(await dialogue.stream.next()).toEqual({ value: 2, done: false })
      await dialogue.stream.close()
      expect(await dialogue.result()).toBe(3)
    })
  })

  it('brings the items before the error of the callee, and throws it when it is left unseen', async () => {
    await withActor(converses, async (portal) => {
      const open = await portal.openContext('failAfterItems', 3)
      const items: number[] = []
      const read = async () => {
        for await (const n of open.stream) items.push(n)
      }
      expect(await errorOf(read())).toMatchObject({ message: 'no more of them', remoteName: 'RangeError' })
      expect(items).toEqual([0, 1, 2])

      const unseen = async () => {
        await using other = await portal.openContext('failAfterItems', 0)
        // It ends by itself: what is sent to it is refused from then on.
        const ended = () =>
          other.stream.send('x' as never).then(
            () => false,
            () => true,
          )
        await waitUntil(ended, { describe: () => 'items are still taken' })
      }
      expect(await errorOf(unseen())).toBeInstanceOf(RemoteActorError)
    })
  })

  it('is refused when the function returns without started()', async () => {
    await withActor(converses, async (portal) => {
      const error = await errorOf(portal.openContext('neverStart'))
      expect(error.message).toMatch(/'neverStart' returned without calling started\(\)/)
    })
  })

  it('fails when the function calls started() twice', async () => {
    await withActor(converses, async (portal) => {
      const open = await portal.openContext('startTwice')
      expect((await errorOf(open.result())).message).toMatch(/'startTwice' called started\(\) twice/)
    })
  })

  it('is refused when the function sends an item before started()', async () => {
    await withActor(converses, async (portal) => {
      const error = await errorOf(portal.openContext('sendBeforeStart'))
      expect(error.message).toMatch(/'sendBeforeStart' sent an item before it called started\(\)/)
      // As a stream there is no started() to wait for.
      expect(await Array.fromAsync(portal.stream('sendBeforeStart'))).toEqual([1])
    })
  })

  it('does not leave a callee behind when its caller gives up opening it', async () => {
    const file = notes('gives-up')
    await withActor(converses, async (portal) => {
      const { cancelled } = await moveOnAfter(50, () => portal.openContext('startInVain', file))
      expect(cancelled).toBe(true)
      expect(await readNotes('gives-up')).toEqual(['begun', 'ended'])
    })
  })
})
