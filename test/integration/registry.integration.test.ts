import { mkdtempSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import {
  ActorNotFoundError,
  currentActor,
  findActor,
  getRegistry,
  moveOnAfter,
  openNursery,
  sleep,
  waitForActor,
} from '../../index.ts'
import answers from '../fixtures/actors/answers.ts'
import drains from '../fixtures/actors/drains.ts'
import finds from '../fixtures/actors/finds.ts'
import joins from '../fixtures/programs/joins.ts'
import { endProgram, startJoining } from '../support/foreign-program.ts'
import { startProgram } from '../support/program.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('The embedded registry', () => {
  const { tree, nursery, notes, readNotes, processOf } = openTreeBed()

  it('lets the root, a sibling and a grandchild find an actor', async () => {
    await nursery(async (nursery) => {
      const [adder, finder] = await Promise.all([
        nursery.startActor('adder', answers),
        nursery.startActor('finder', finds),
      ])
      expect(await (await findActor('adder', answers))?.run('add', 1, 2)).toBe(3)
      expect(await finder.run('askForSum', 'adder', 3, 4)).toBe(7)
      expect(await finder.run('askFromBelow', 'adder', 5, 6)).toBe(11)
      expect(await finder.run('askForSum', 'nobody', 1, 1)).toBeUndefined()
      const names = (await (await getRegistry()).list()).map(({ actor }) => actor.name)
      expect(names.sort()).toEqual(['adder', 'finder', 'root'])
      await Promise.all([adder.cancelActor(), finder.cancelActor()])
    })
  })

  it('is asked by those below a root that advertises where none of them could reach it', async () => {
    await nursery(
      async (nursery) => {
        expect(currentActor().addresses).toEqual([expect.stringMatching(/^tcp:\/\/films\.invalid:[1-9]\d*$/)])
        const own = { listen: ['unix:/a'], advertise: ['tcp://films.invalid:1'] }
        expect(await errorOf(nursery.startActor('none', answers, own))).toMatchObject({
          code: 'FLOW_SPAWN',
          message: expect.stringContaining('it listens at no TCP address'),
        })
        const finder = await nursery.startActor('finder', finds)
        expect((await findActor('finder', finds))?.actor).toEqual(finder.actor)
        expect(await finder.run('askForSum', 'nobody', 1, 1)).toBeUndefined()
        await finder.cancelActor()
      },
      { listen: ['tcp://127.0.0.1:0'], advertise: ['tcp://films.invalid:0'] },
    )
  })

  it('is found again by those who joined it, when the program that held it was killed and is started again', async () => {
    const listen = [`unix:${notes('holder.sock')}`]
    const runDirectory = mkdtempSync(notes('killed-'))
    const start = async () => {
      // Told of its own address as all others are, as by a variable of the environment.
      const program = startJoining({ name: 'holder', listen, registry: listen[0] ?? '', runDirectory })
      await program.said('listens at ')
      return program
    }
    const first = await start()
    await nursery(
      async (nursery) => {
        const finder = await nursery.startActor('finder', finds)
        expect((await findActor('holder', joins))?.actor.name).toBe('holder')
        first.kill('SIGKILL')
        await first.ended
        const second = await start()
        expect((await (await waitForActor('holder', joins)).run('whoAmI')).pid).toBe(second.pid)
        const names = async () => (await (await getRegistry()).list()).map(({ actor }) => actor.name).toSorted()
        await waitUntil(async () => (await names()).join() === 'finder,holder,root', { describe: names })
        expect(await finder.run('askForSum', 'nobody', 1, 1)).toBeUndefined()
        // One that is started from now on, too.
        const late = await nursery.startActor('late', answers)
        expect((await findActor('late', answers))?.actor).toEqual(late.actor)
        await Promise.all([finder.cancelActor(), late.cancelActor()])
        await endProgram(second)
      },
      { registry: listen[0] ?? '', name: 'root' },
    )
  })

  it('does not enter an actor again that drains, and forgets it at its end, whichever program holds it', async () => {
    const listen = [`unix:${notes('drained.sock')}`]
    const runDirectory = mkdtempSync(notes('drained-'))
    const start = async () => {
      const program = startJoining({ name: 'holder', listen, runDirectory })
      await program.said('listens at ')
      return program
    }
    const first = await start()
    await nursery(
      async (nursery) => {
        const names = async () => (await (await getRegistry()).list()).map(({ actor }) => actor.name).toSorted()
        for (const spawn of ['process', 'thread', 'inline'] as const) {
          const ended = await nursery.startActor('ended', answers, { spawn })
          expect(await names()).toContain('ended')
          await ended.cancelActor()
          expect(await names()).toEqual(['holder', 'root'])
        }
        const drained = await nursery.startActor('drained', drains)
        const open = drained.run('waitUntilTold')
        const held = await drained.openContext('double')
        const draining = drained.drainActor()
        await waitUntil(async () => !(await names()).includes('drained'), { describe: names })
        first.kill('SIGKILL')
        await first.ended
        const second = await start()
        await waitUntil(async () => (await names()).includes('root'), { describe: names })
        // Longer than whoever enters again waits between two tries.
        await sleep(1_200)
        expect(await names()).toEqual(['holder', 'root'])
        await held.stream.send(0)
        await held.stream.close()
        expect(await open).toBe('told')
        await Promise.all([held.result(), draining])
        await endProgram(second)
      },
      { registry: listen[0] ?? '', name: 'root' },
    )
  })

  it('has the start of an actor fail as such where the program that held it has gone', async () => {
    const listen = [`unix:${notes('gone.sock')}`]
    const holder = startJoining({ name: 'holder', listen, runDirectory: mkdtempSync(notes('gone-')) })
    await holder.said('listens at ')
    await nursery(
      async (nursery) => {
        holder.kill('SIGKILL')
        await holder.ended
        const error = await errorOf(nursery.startActor('late', answers))
        expect(error).toMatchObject({ code: 'FLOW_SPAWN', cause: { code: 'FLOW_CHANNEL_BROKEN' } })
      },
      { registry: listen[0] ?? '', name: 'root' },
    )
  })

  it('has forgotten a grandchild when it has ended', async () => {
    await nursery(async (nursery) => {
      const finder = await nursery.startActor('finder', finds)
      expect(await finder.run('isFoundAfterItsEnd', 'below')).toBe(false)
      await finder.cancelActor()
    })
  })

  it('keeps no nursery from its end while the program that holds it stands still', async () => {
    const listen = [`unix:${notes('still.sock')}`]
    const holder = startJoining({ name: 'holder', listen })
    await holder.said('listens at ')
    await tree(
      async () => {
        await findActor('holder', joins)
        holder.freeze()
        const startedMs = performance.now()
        const { cancelled } = await moveOnAfter(1_000, () =>
          openNursery(async (nursery) => void (await nursery.startActor('late', answers))),
        )
        expect(cancelled).toBe(true)
        expect(performance.now() - startedMs).toBeLessThan(6_000)
        holder.thaw()
      },
      { registry: listen[0] ?? '', name: 'root' },
    )
    await endProgram(holder)
  })

  it('lets an actor wait for another that is started later', async () => {
    await nursery(async (nursery) => {
      const finder = await nursery.startActor('finder', finds)
      const [pid, here, late] = await Promise.all([
        finder.run('waitAndAskForPid', 'late'),
        waitForActor('late', answers),
        nursery.startActor('late', answers),
      ])
      expect(pid).toBe((await late.run('whoAmI')).pid)
      expect(here.actor).toEqual(late.actor)
      await Promise.all([finder.cancelActor(), late.cancelActor()])
    })
  })

  it('finds the newest of several with one name', async () => {
    await nursery(async (nursery) => {
      const older = await nursery.startActor('same', answers)
      const newer = await nursery.startActor('same', answers)
      expect((await findActor('same', answers))?.actor).toEqual(newer.actor)
      await newer.cancelActor()
      expect((await findActor('same', answers))?.actor).toEqual(older.actor)
      await older.cancelActor()
    })
  })

  it('has forgotten an actor when it has ended, also one that was killed', async () => {
    await tree(async () => {
      await openNursery(async (nursery) => {
        const actor = await nursery.startActor('ended', answers)
        expect(await findActor('ended', answers)).toBeDefined()
        await actor.cancelActor()
        expect(await findActor('ended', answers)).toBeUndefined()
      })
      const error = await errorOf(
        openNursery(async (nursery) => {
          await nursery.startActor('killed', answers)
          expect(await findActor('killed', answers)).toBeDefined()
          process.kill((await processOf('killed')).pid, 'SIGKILL')
        }),
      )
      expect(error).toMatchObject({ code: 'FLOW_ACTOR_EXIT' })
      expect(await findActor('killed', answers)).toBeUndefined()
    })
  })

  it('says after the time limit that no such actor came, in the root and in an actor', async () => {
    await nursery(async (nursery) => {
      const error = await errorOf(waitForActor('nobody', answers, { timeoutMs: 50 }))
      expect(error).toBeInstanceOf(ActorNotFoundError)
      expect(error).toMatchObject({ actorName: 'nobody', timeoutMs: 50 })
      const outer = await moveOnAfter(50, () => waitForActor('nobody', answers))
      expect(outer.cancelled).toBe(true)
      const finder = await nursery.startActor('finder', finds)
      for (const timeoutMs of [1, 20, 50]) {
        expect(await errorOf(finder.run('waitInVain', 'nobody', timeoutMs))).toMatchObject({
          remoteName: 'ActorNotFoundError',
          fields: { code: 'FLOW_ACTOR_NOT_FOUND', actorName: 'nobody', timeoutMs },
        })
      }
      await finder.cancelActor()
    })
  })

  it('leaves the items to the siblings themselves: they stream while their parent is frozen', async () => {
    const program = startProgram('siblings.ts', notes('siblings'), '200000')
    const noted = (line: string) =>
      waitUntil(async () => (await readNotes('siblings')).includes(line), {
        withinMs: 20_000,
        describe: async () => ({ notes: await readNotes('siblings'), ...program.output() }),
      })
    await noted('found')
    program.freeze()
    await writeFile(notes('siblings.go'), '')
    await noted('read 200000')
    program.thaw()
    expect(await program.ended).toMatchObject({ exitCode: 0, stderr: '' })
  })
})
