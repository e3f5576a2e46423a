import { expect, it } from 'vitest'
import { moveOnAfter, openNursery, RemoteActorError, StreamClosedError } from '../../../index.ts'
import answers from '../../fixtures/actors/answers.ts'
import converses from '../../fixtures/actors/converses.ts'
import { describeEachFlavour } from '../../support/flavours.ts'
import { errorOf } from '../../support/thrown.ts'
import { strikeUnderWay } from '../../support/time-limit.ts'

describeEachFlavour('A context', (bed) => {
  const conversing = () => bed.shared(converses)

  it('opens with the value that the other side started with, and has items both ways and a result', async () => {
    await using dialogue = await (await conversing()).openContext('measure')
    expect(dialogue.value).toEqual({ ready: true })
    await dialogue.stream.send('hello')
    expect(await dialogue.stream.next()).toEqual({ value: 5, done: false })
    await dialogue.stream.send('to you')
    await dialogue.stream.close()
    expect(await Array.fromAsync(dialogue.stream)).toEqual([6])
    expect(await dialogue.result()).toBe(2)
    // As often as it is asked for.
    expect(await dialogue.result()).toBe(2)
  })

  it('has ten thousand items both ways at once', async () => {
    await using dialogue = await (await conversing()).openContext('measure')
    const send = async () => {
      for (let n = 0; n < 10_000; n += 1) await dialogue.stream.send('x'.repeat(n % 10))
      await dialogue.stream.close()
    }
    const [lengths] = await Promise.all([Array.fromAsync(dialogue.stream), send()])
    expect(lengths).toEqual(Array.from({ length: 10_000 }, (_, n) => n % 10))
    expect(await dialogue.result()).toBe(10_000)
  })

  it('goes on in one direction when the other has ended', async () => {
    await using open = await (await conversing()).openContext('closeFirst')
    expect(await Array.fromAsync(open.stream)).toEqual(['only this'])
    for (const n of [1, 2, 3]) await open.stream.send(n)
    await open.stream.close()
    expect(await errorOf(open.stream.send(4))).toBeInstanceOf(StreamClosedError)
    expect(await open.result()).toBe(6)
    // Its end stays its end.
    expect(await open.stream.next()).toEqual({ value: undefined, done: true })
  })

  it('echoes whatever can travel, also values that look like an end', async () => {
    await using open = await (await conversing()).openContext('sendBack', null)
    expect(open.value).toBeNull()
    for (const item of [null, undefined, 0, '', false, [], {}, { done: true, value: undefined }]) {
      await open.stream.send(item)
      expect(await open.stream.next()).toEqual({ value: item, done: false })
    }
    await open.stream.close()
    expect(await open.stream.next()).toEqual({ value: undefined, done: true })
    expect(await open.result()).toBe(8)
  })

  it('has company: five hundred on one channel, each with its own items', async () => {
    const portal = await conversing()
    const speak = async (id: number) => {
      await using open = await portal.openContext('sendBack', id)
      const seen: unknown[] = [open.value]
      for (let n = 0; n < 5; n += 1) {
        await open.stream.send(`${id}/${n}`)
        seen.push((await open.stream.next()).value)
      }
      await open.stream.close()
      return [...seen, await open.result()]
    }
    const ids = Array.from({ length: 500 }, (_, id) => id)
    const all = await Promise.all(ids.map((id) => speak(id)))
    expect(all).toEqual(ids.map((id) => [id, `${id}/0`, `${id}/1`, `${id}/2`, `${id}/3`, `${id}/4`, 5]))
  })

  it('is joined to one that its callee opens for it, in another actor or in its own', async () => {
    await openNursery(async (nursery) => {
      const portal = await conversing()
      await bed.start(nursery, 'further', converses)
      for (const name of ['further', portal.actor.name]) {
        await using open = await portal.openContext('echoThrough', name, { from: 'here' })
        expect(open.value).toEqual({ from: 'here' })
        const send = async () => {
          for (let n = 0; n < 1_000; n += 1) await open.stream.send(n)
          await open.stream.close()
        }
        const [items] = await Promise.all([Array.fromAsync(open.stream), send()])
        expect(items).toEqual(Array.from({ length: 1_000 }, (_, n) => n))
        expect(await open.result()).toBe(1_000)
      }
      nursery.cancel()
    })
  })

  it('opens to another while it is open, from the same caller', async () => {
    const portal = await conversing()
    await using outer = await portal.openContext('sendBack', 'outer')
    await using inner = await portal.openContext('sendBack', 'inner')
    for (const open of [outer, inner, outer]) {
      await open.stream.send(open.value)
      expect((await open.stream.next()).value).toBe(open.value)
    }
  })

  it('that is left early has ended in the other actor, finally and all', async () => {
    {
      await using open = await (await conversing()).openContext('waitForCancel', bed.notes('left'))
      await open.stream.next()
    }
    expect(await bed.readNotes('left')).toEqual([
      'cancelled by root: its caller left the context',
      'signal aborted: true',
    ])
  })

  it('that is left by a throw has ended as well, and the error is the one that was thrown', async () => {
    const mine = new Error('mine')
    const use = async () => {
      await using open = await (await conversing()).openContext('waitForCancel', bed.notes('thrown'))
      await open.stream.next()
      throw mine
    }
    expect(await errorOf(use())).toBe(mine)
    expect(await bed.readNotes('thrown')).toContain('signal aborted: true')
  })

  it('that is left while its callee only sends has ended in the other actor', async () => {
    {
      await using open = await (await conversing()).openContext('sendForever', bed.notes('sending'))
      for await (const n of open.stream) if (n === 100) break
    }
    expect(await bed.readNotes('sending')).toEqual(['ended'])
  })

  it('is not ended by leaving a loop over its stream, on either side', async () => {
    await using dialogue = await (await conversing()).openContext('measure')
    for (const text of ['a', 'bb', 'ccc']) await dialogue.stream.send(text)
    for await (const length of dialogue.stream) if (length === 1) break
    expect(await dialogue.stream.next()).toEqual({ value: 2, done: false })
    await dialogue.stream.close()
    expect(await dialogue.result()).toBe(3)
  })

  it('throws the error of its callee when it is left, if nobody has seen it before', async () => {
    const [portal, adder] = [await conversing(), await bed.shared(answers)]
    const leave = async (look?: (open: Awaited<ReturnType<typeof openFailing>>) => Promise<unknown>) => {
      await using open = await openFailing()
      // It is answered after the error has come in.
      await adder.run('add', 1, 2)
      await look?.(open)
    }
    const openFailing = () => portal.openContext('failAfterItems', 0)
    expect(await errorOf(leave())).toBeInstanceOf(RemoteActorError)
    await leave((open) => errorOf(open.result()))
    await leave((open) => errorOf(open.stream.next()))
    await leave((open) => errorOf(open.stream.send(1 as never)))
  })

  it('does not leave a callee behind when its caller gives up opening it', async () => {
    const portal = await conversing()
    const { value, lines } = await strikeUnderWay(bed, (limitMs, name) =>
      moveOnAfter(limitMs, () => portal.openContext('startInVain', bed.notes(name))),
    )
    expect(value.cancelled).toBe(true)
    expect(lines).toEqual(['begun', 'ended'])
  })

  it('knows its caller', async () => {
    await using open = await (await conversing()).openContext('whoCalls')
    expect(open.value).toMatchObject({ name: 'root' })
  })
})
