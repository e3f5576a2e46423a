import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DeadlineExceededError, failAfter, moveOnAfter, openNursery, sleep } from '../../index.ts'
import converses from '../fixtures/actors/converses.ts'
import counts from '../fixtures/actors/counts.ts'
import waits from '../fixtures/actors/waits.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('Cancelling the caller of another actor', () => {
  const { withActor, notes, readNotes } = openTreeBed()

  const begun = (name: string) =>
    waitUntil(async () => (await readNotes(name)).length > 0, { describe: () => readNotes(name) })

  it('cancels what runs there, waits for its finally and ends with the reason of the caller', async () => {
    const file = notes('caller')
    await withActor(waits, async (portal) => {
      const mine = new Error('mine')
      const error = await errorOf(
        openNursery(async (nursery) => {
          void nursery.startTask(async () => {
            await begun('caller')
            throw mine
          })
          const interrupted = await errorOf(portal.run('wait', file))
          expect(await readNotes('caller')).toEqual(['actor begun', 'actor ended'])
          expect(interrupted).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED', cause: mine })
          throw interrupted
        }),
      )
      expect(error).toBe(mine)
    })
  })

  it('by moveOnAfter and failAfter cancels what runs there', async () => {
    const file = notes('limits')
    await withActor(waits, async (portal) => {
      expect(await moveOnAfter(60, () => portal.run('wait', file))).toEqual({ cancelled: true })
      expect(await readNotes('limits')).toEqual(['actor begun', 'actor ended'])
      const error = await errorOf(failAfter(60, () => portal.run('wait', file)))
      expect(error).toBeInstanceOf(DeadlineExceededError)
      expect(error).toMatchObject({ limitMs: 60 })
      expect((await readNotes('limits')).length).toBe(4)
    })
  })

  it('by a time limit of the portal ends a call and a stream, when what ran there has ended', async () => {
    const file = notes('timeout')
    await withActor(waits, async (portal) => {
      const limited = portal.with({ timeoutMs: 60 })
      expect(await errorOf(limited.run('wait', file))).toMatchObject({ code: 'FLOW_DEADLINE_EXCEEDED', limitMs: 60 })
      expect(await readNotes('timeout')).toEqual(['actor begun', 'actor ended'])
      const read = async () => {
        for await (const _ of limited.stream('tick', file));
      }
      expect(await errorOf(read())).toMatchObject({ code: 'FLOW_DEADLINE_EXCEEDED', limitMs: 60 })
      expect((await readNotes('timeout')).length).toBe(3)
    })
  })

  it('by a signal of the portal ends a call and a stream, with the reason of the signal', async () => {
    const file = notes('signal')
    await withActor(waits, async (portal) => {
      const mine = new Error('mine')
      const controller = new AbortController()
      const call = errorOf(portal.with({ signal: controller.signal }).run('wait', file))
      await begun('signal')
      controller.abort(mine)
      expect(await call).toBe(mine)
      expect(await readNotes('signal')).toEqual(['actor begun', 'actor ended'])

      const second = new AbortController()
      const read = async () => {
        for await (const n of portal.with({ signal: second.signal }).stream('tick', file)) {
          if (n === 2) second.abort(mine)
        }
      }
      expect(await errorOf(read())).toBe(mine)
      expect((await readNotes('signal')).length).toBe(3)
      expect(await errorOf(portal.with({ signal: second.signal }).run('wait', file))).toBe(mine)
      expect((await readNotes('signal')).length).toBe(3)
    })
  })

  it('by a time limit or a signal of the portal ends a context', async () => {
    const file = notes('context')
    await withActor(converses, async (portal) => {
      const limited = await portal.with({ timeoutMs: 60 }).openContext('waitForCancel', file)
      expect(await errorOf(Array.fromAsync(limited.stream))).toMatchObject({ code: 'FLOW_DEADLINE_EXCEEDED' })
      expect(await errorOf(limited.result())).toMatchObject({ code: 'FLOW_DEADLINE_EXCEEDED', limitMs: 60 })

      const mine = new Error('mine')
      const controller = new AbortController()
      const signalled = await portal.with({ signal: controller.signal }).openContext('waitForCancel', file)
      controller.abort(mine)
      expect(await errorOf(signalled.result())).toBe(mine)
      expect((await readNotes('context')).filter((line) => line === 'signal aborted: true').length).toBe(2)
    })
  })

  it('by moveOnAfter leaves an open context without a word of its own', async () => {
    const file = notes('context-left')
    await withActor(converses, async (portal) => {
      for (const ms of [30, 40, 50, 60]) {
        const { cancelled } = await moveOnAfter(ms, async () => {
          await using open = await portal.openContext('waitForCancel', file)
          for await (const _ of open.stream);
        })
        expect(cancelled).toBe(true)
      }
      expect((await readNotes('context-left')).filter((line) => line === 'signal aborted: true').length).toBe(4)
    })
  })

  it('is known there: the deadline travels with the call', async () => {
    const file = notes('travels')
    await withActor(waits, async (portal) => {
      // Blocks its own event loop past the deadline: only the callee's clock can notice.
      const { cancelled } = await moveOnAfter(100, async () => {
        const call = portal.run('noteAbort', file)
        await begun('travels')
        const until = performance.now() + 400
        while (performance.now() < until);
        expect(readFileSync(file, 'utf8')).toBe('begun\naborted: DeadlineExceededError\n')
        await call
        await sleep(0)
      })
      expect(cancelled).toBe(true)
    })
  })

  it('leaves the actor and its other calls alone', async () => {
    await withActor(counts, async (portal) => {
      const [limited, all] = await Promise.all([
        moveOnAfter(30, () =>
          portal
            .stream('yieldOneAndWait')
            .next()
            .then(() => sleep(1_000_000)),
        ),
        Array.fromAsync(portal.stream('countAsync', 50_000)),
      ])
      expect(limited.cancelled).toBe(true)
      expect(all.length).toBe(50_000)
    })
  })
})
