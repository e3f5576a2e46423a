import { expect, it } from 'vitest'
import { moveOnAfter, openNursery, sleep } from '../../../index.ts'
import answers from '../../fixtures/actors/answers.ts'
import converses from '../../fixtures/actors/converses.ts'
import crashes from '../../fixtures/actors/crashes.ts'
import produces from '../../fixtures/actors/produces.ts'
import throws from '../../fixtures/actors/throws.ts'
import unsendables from '../../fixtures/actors/unsendables.ts'
import waits from '../../fixtures/actors/waits.ts'
import { describeEachFlavour } from '../../support/flavours.ts'
import { errorOf, remoteErrorOf } from '../../support/thrown.ts'
import { strikeUnderWay } from '../../support/time-limit.ts'
import { waitUntil } from '../../support/wait-until.ts'

/** What was seen to fail in the reference, one test for each; the behaviours in full are in the files beside this one. */
describeEachFlavour("Tractor's gaps:", (bed) => {
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)
  const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

  it('a generator faster than its consumer neither hangs nor loses items', async () => {
    const items: number[] = []
    for await (const n of (await bed.shared(produces)).stream('countAsync', 'faster', 10_000)) {
      items.push(n)
      if (n % 500 === 0) await after(1)
    }
    expect(items).toEqual(upTo(10_000))
  })

  it.skipIf(!bed.canBeKilled)(`no orphan when the parent is SIGKILLed${bed.whyNot('canBeKilled')}`, async () => {
    const file = bed.notes('orphan')
    let child = 0
    const error = await errorOf(
      openNursery(async (nursery) => {
        const parent = await bed.start(nursery, 'parent', waits)
        void nursery.startTask(() => parent.run('waitWithChild', file, 'child', bed.spawn))
        await bed.noted('orphan', 'begun', 2)
        child = await bed.processIdOf('child')
        process.kill(await bed.processIdOf('parent'), 'SIGKILL')
        await sleep(1e9)
      }),
    )
    expect(error).toBeInstanceOf(Error)
    await waitUntil(() => !isRunning(child), { describe: () => bed.readNotes('orphan') })
    expect((await bed.readNotes('orphan')).slice(2)).toEqual(['child ended'])
  })

  it.skipIf(!bed.canBeKilled)(
    `no hang of those who wait on a child that is SIGKILLed${bed.whyNot('canBeKilled')}`,
    async () => {
      const error = await errorOf(
        openNursery(async (nursery) => {
          const actor = await bed.start(nursery, 'killed', crashes)
          void nursery.startTask(() => actor.run('wait'))
          const stream = actor.stream('yieldAndWait', 1)
          await stream.next()
          process.kill(await bed.processIdOf('killed'), 'SIGKILL')
          await stream.next()
        }),
      )
      expect(error).toBeInstanceOf(Error)
    },
  )

  it('an unserialisable return is an error and not a hang', async () => {
    const portal = await bed.shared(unsendables)
    expect(await remoteErrorOf(portal.run('give', 'function'))).toMatchObject({ remoteName: 'NotEncodableError' })
    expect(await remoteErrorOf(portal.run('throwItself', 'cycle'))).toMatchObject({ remoteName: 'NonError' })
  })

  it('a context without started() is an error and not a hang', async () => {
    const error = await errorOf((await bed.shared(converses)).openContext('neverStart'))
    expect(error).toMatchObject({ message: expect.stringContaining('without calling started()') })
  })

  it("buffered items arrive before the producer's error", async () => {
    await using open = await (await bed.shared(converses)).openContext('failAfterItems', 5)
    // The error is here before the first item is taken.
    expect(await errorOf(open.result())).toMatchObject({ message: 'no more of them' })
    const items: number[] = []
    const read = async () => {
      for await (const n of open.stream) items.push(n)
    }
    expect(await errorOf(read())).toMatchObject({ message: 'no more of them' })
    expect(items).toEqual([0, 1, 2, 3, 4])
  })

  it('a producer does not run on after an early break', async () => {
    const [portal, key] = [await bed.shared(produces), bed.unique('run on')]
    for await (const n of portal.stream('countAsync', key, 1e9)) if (n === 3) break
    const { yielded } = await portal.run('progressOf', key)
    {
      await using open = await (await bed.shared(converses)).openContext('sendForever', bed.notes('run on'))
      for await (const n of open.stream) if (n === 3) break
    }
    expect(await bed.readNotes('run on')).toEqual(['ended'])
    expect(await portal.run('progressOf', key)).toEqual({ yielded, begun: 1, ended: 1 })
  })

  it('cancelling the caller of run cancels the remote task', async () => {
    const portal = await bed.shared(waits)
    const { value, lines } = await strikeUnderWay(bed, (limitMs, name) =>
      moveOnAfter(limitMs, () => portal.run('wait', bed.notes(name))),
    )
    expect(value).toEqual({ cancelled: true })
    expect(lines.map((line) => line.replace(/.* /, ''))).toEqual(['begun', 'ended'])
  })

  it('a stubborn callee does not hold up for ever who leaves its context', async () => {
    const graces = { cancelGraceMs: 40 }
    const use = async (portal: Awaited<ReturnType<typeof bed.start<typeof waits.functions>>>) => {
      const { value } = await strikeUnderWay(bed, (timeoutMs, name) =>
        errorOf(portal.with({ timeoutMs }).run('ignoreCancellation', bed.notes(name))),
      )
      expect(value).toMatchObject({ code: 'FLOW_ACTOR_TOO_SLOW', actor: portal.actor, graceMs: 40 })
    }
    await bed.withActor(waits, use, graces)
  })

  it('the failure of a run-once actor interrupts the body, and does not wait for its end', async () => {
    const error = await errorOf(
      openNursery(async (nursery) => {
        await nursery.with(bed.spawn).runInActor('failing', throws, 'ticket')
        await sleep(1e9)
      }),
    )
    expect(error).toMatchObject({ message: 'sold out', actor: { name: 'failing' } })
  })

  it('the failure of a run-once actor that its caller catches does not keep the nursery open', async () => {
    let caught: unknown
    const error = await errorOf(
      openNursery(async (nursery) => {
        const failing = await nursery.with(bed.spawn).runInActor('failing', throws, 'ticket')
        caught = await errorOf(failing.result())
      }),
    )
    expect(caught).toBeInstanceOf(Error)
    expect(error).toMatchObject({ message: 'sold out' })
  })

  it('a synchronous function can be called', async () => {
    expect(await (await bed.shared(answers)).run('add', 1, 2)).toBe(3)
  })

  it('the members of a remote group of errors arrive', async () => {
    const error = await remoteErrorOf((await bed.shared(throws)).run('several'))
    expect((error.cause as AggregateError).errors.map(({ message }: Error) => message)).toEqual(['first', 'second'])
  })

  it('a context that its callee has left unread does not fail the sender, who waits and is let go', async () => {
    await using open = await (await bed.shared(converses)).openContext('takeFew', 1)
    const send = async () => {
      for (;;) await open.stream.send(1)
    }
    expect(await moveOnAfter(60, send)).toEqual({ cancelled: true })
    await open.cancel('enough')
    expect(await errorOf(open.result())).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED', reason: 'enough' })
  })
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
