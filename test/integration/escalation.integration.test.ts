import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Nursery, openNursery } from '../../index.ts'
import waits from '../fixtures/actors/waits.ts'
import { listenToStderr } from '../support/nursery-log.ts'
import { strikeUnderWay } from '../support/time-limit.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

const graces = { cancelGraceMs: 300, terminateGraceMs: 300 }

describe('An actor that is cancelled', () => {
  const { tree, notes, readNotes, processes, processOf } = openTreeBed()

  afterEach(() => {
    vi.restoreAllMocks()
  })

  const begun = (name: string) =>
    waitUntil(async () => (await readNotes(name)).length > 0, { describe: () => readNotes(name) })

  it('and does not end gets SIGTERM after its grace, and that is reported', async () => {
    const stderr = listenToStderr()
    const { value: graceMs, lines } = await strikeUnderWay(
      { readNotes },
      async (graceMs, name) => {
        stderr.length = 0
        const stop = async (nursery: Nursery) => {
          await nursery.runInActor('stubborn', waits, 'ignoreCancellation', notes(name))
          await begun(name)
          nursery.cancel()
        }
        await tree(() => openNursery(stop, { cancelGraceMs: graceMs, terminateGraceMs: graceMs }))
        return graceMs
      },
      // On a busy machine it may be over before it has heard that it was asked.
      (lines) => lines.includes('stubborn asked'),
    )
    expect(lines).toEqual(['stubborn begun', 'stubborn asked'])
    const report = `^actorflow: actor 'stubborn' \\(\\w+\\): did not end within ${graceMs} ms: sent it SIGTERM\n$`
    expect(stderr[0]).toMatch(new RegExp(report))
    expect(await processes()).toEqual([])
  })

  it('and never lets its event loop turn gets SIGKILL after both graces, and both steps are reported', async () => {
    const stderr = listenToStderr()
    const file = notes('blocks')
    await tree(() =>
      openNursery(async (nursery) => {
        await nursery.runInActor('blocked', waits, 'block', file)
        await begun('blocks')
        nursery.cancel()
      }, graces),
    )
    expect(stderr).toEqual([
      expect.stringMatching(/actor 'blocked' .* sent it SIGTERM/),
      expect.stringMatching(/actor 'blocked' .* sent it SIGKILL/),
    ])
    expect(await processes()).toEqual([])
  })

  it('and is frozen gets SIGKILL in the end', async () => {
    const stderr = listenToStderr()
    await tree(() =>
      openNursery(async (nursery) => {
        await nursery.startActor('frozen', waits)
        process.kill((await processOf('frozen')).pid, 'SIGSTOP')
        nursery.cancel()
      }, graces),
    )
    expect(stderr.at(-1)).toMatch(/actor 'frozen' .* sent it SIGKILL/)
    expect(await processes()).toEqual([])
  })

  it('takes its own children along, however stubborn it is', async () => {
    listenToStderr()
    const { lines } = await strikeUnderWay(
      { readNotes },
      (graceMs, name) =>
        tree(() =>
          openNursery(
            async (nursery) => {
              const parent = await nursery.startActor('parent', waits)
              void nursery.startTask(() => parent.run('waitWithChild', notes(name), 'child'))
              void nursery.startTask(() => parent.run('ignoreCancellation', notes(name)))
              await waitUntil(async () => (await readNotes(name)).length === 3, { describe: () => readNotes(name) })
              nursery.cancel()
            },
            { cancelGraceMs: graceMs, terminateGraceMs: graceMs },
          ),
        ),
      // What a busy machine lets nobody do within the grace is not done.
      (lines) => lines.filter((line) => line.endsWith('ended')).length === 2,
    )
    expect(lines).toEqual(expect.arrayContaining(['child ended', 'parent ended']))
    expect(await processes()).toEqual([])
  })
})
