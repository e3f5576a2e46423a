import { writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { defineActor, moveOnAfter, openNursery, SpawnError, sleep } from '../../index.ts'
import answers from '../fixtures/actors/answers.ts'
import waits from '../fixtures/actors/waits.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'

describe('Starting an actor', () => {
  const { tree, nursery, notes, processes } = openTreeBed()

  const actorAt = (url: string) => defineActor(url, { work: () => 'done' })
  const fixture = (name: string) => actorAt(new URL(`../fixtures/actors/${name}`, import.meta.url).href)

  async function startError(definition: ReturnType<typeof actorAt>): Promise<Error> {
    const error = await errorOf(nursery((nursery) => nursery.startActor('broken', definition)))
    expect(error).toBeInstanceOf(SpawnError)
    expect(error).toMatchObject({ code: 'FLOW_SPAWN', actor: { name: 'broken' } })
    return error
  }

  it('fails with what its module throws while it loads', async () => {
    const error = await startError(fixture('throws-while-loading.ts'))
    expect(error.message).toBe("actor 'broken' did not start: RangeError: not on a Monday")
    expect(error.cause).toMatchObject({ remoteName: 'RangeError', cause: new RangeError('not on a Monday') })
  })

  it('fails with the syntax error of its module', async () => {
    const path = notes('syntax-error.ts')
    await writeFile(path, 'export default define Actor(')
    expect((await startError(actorAt(pathToFileURL(path).href))).message).toMatch(/did not start: .*SyntaxError/)
  })

  it('fails with advice when its module exports no definition', async () => {
    expect((await startError(fixture('exports-nothing.ts'))).message).toMatch(
      /exports-nothing\.ts exports no actor definition: add export default defineActor\(import\.meta\.url/,
    )
  })

  it('fails when its module exports no definition with these functions', async () => {
    expect((await startError(fixture('answers.ts'))).message).toMatch(
      /exports no actor definition with the functions work$/,
    )
  })

  it('fails with the path of a module that is not there', async () => {
    expect((await startError(fixture('no-such-actor.ts'))).message).toMatch(/Cannot find module .*no-such-actor\.ts/)
  })

  it('is refused at the definition when that has no URL', () => {
    expect(() => actorAt('./film.ts')).toThrow(/must be import\.meta\.url, not "\.\/film\.ts"/)
  })

  it('fails with the advice to guard the main part when the module is a program, too, and runs', async () => {
    const error = await startError(fixture('runs-while-loading.ts'))
    expect(error.message).toMatch(/openNursery was called while an actor imports .*runs-while-loading\.ts/)
    expect(error.message).toMatch(/if \(import\.meta\.main\) await run\(main\)/)
  })

  it('fails with the exit code when node itself does not start', async () => {
    const start = nursery((nursery) => nursery.startActor('broken', answers, { execArgv: ['--no-such-flag'] }))
    expect(await errorOf(start)).toMatchObject({
      code: 'FLOW_SPAWN',
      message: "actor 'broken' did not start: its process ended while it started (exit code 9)",
    })
  })

  it('fails at once, however often it is tried, and the nursery goes on', async () => {
    await nursery(async (nursery) => {
      for (let i = 0; i < 3; i += 1) {
        const start = nursery.startActor('broken', fixture('throws-while-loading.ts'))
        expect(await errorOf(start)).toBeInstanceOf(SpawnError)
      }
      const sum = await nursery.runInActor('adder', answers, 'add', 1, 2)
      expect(await sum.result()).toBe(3)
    })
  })

  it.for([0, 5, 20, 40, 60, 80, 120])('that is cancelled after %i ms leaves nothing', async (ms) => {
    await tree(async () => {
      await openNursery(async (nursery) => {
        const { cancelled, value } = await moveOnAfter(ms, () => nursery.startActor('halfway', answers))
        if (!cancelled) await value.cancelActor()
        expect(await processes()).toEqual([])
      })
    })
  })

  it('that is cancelled with its nursery leaves nothing', async () => {
    await nursery(async (nursery) => {
      void nursery.startTask(async () => {
        await sleep(30)
        nursery.cancel()
      })
      await nursery.startActor('halfway', waits)
      await nursery.startActor('never', waits)
    })
    expect(await processes()).toEqual([])
  })

  it('eight at once works', async () => {
    await nursery(async (nursery) => {
      const names = Array.from({ length: 8 }, (_, n) => `actor-${n}`)
      const portals = await Promise.all(names.map((name) => nursery.startActor(name, answers)))
      const all = await Promise.all(portals.map((portal) => portal.run('whoAmI')))
      expect(all.map(({ name }) => name)).toEqual(names)
      expect(new Set(all.map(({ pid }) => pid)).size).toBe(8)
      await Promise.all(portals.map((portal) => portal.cancelActor()))
    })
  })
})
