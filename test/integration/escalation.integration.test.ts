import { afterEach, describe, expect, it, vi } from 'vitest'
import { openNursery } from '../../index.ts'
import waits from '../fixtures/actors/waits.ts'
import { listenToStderr } from '../support/nursery-log.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

const graces = { cancelGraceMs: 300, terminateGraceMs: 300 }

describe('An actor that is cancelled', () => {
  const { tree, notes, readNotes, processes, processOf } = openTreeBed()

  afterEach(() => {
    vi.restoreAllMocks()
  })

  const noted = (name: string, ...lines: string[]) =>
    waitUntil(async () => new Set(lines).isSubsetOf(new Set(await readNotes(name))), {
      describe: () => readNotes(name),
    })

  it('and does not end gets SIGTERM after its grace, and that is reported', async () => {
    const stderr = listenToStderr()
    await tree(() =>
      openNursery(async (nursery) => {
        await nursery.runInActor('stubborn', waits, 'ignoreCancellation', notes('stubborn'))
        await noted('stubborn', 'stubborn begun')
        nursery.cancel()
      }, graces),
    )
    const report = /^actorflow: actor 'stubborn' \(\w+\): did not end within 300 ms: sent it SIGTERM\n$/
    expect(stderr[0]).toMatch(report)
    expect(await processes()).toEqual([])
  })

  it('and never lets its event loop turn gets SIGKILL after both graces, and both steps are reported', async () => {
    const stderr = listenToStderr()
    const file = notes('blocks')
    await tree(() =>
      openNursery(async (nursery) => {
        await nursery.runInActor('blocked', waits, 'block', file)
        await noted('blocks', 'blocked begun')
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
    const stderr = listenToStderr()
    const [name, file] = ['takes along', notes('takes along')]
    await tree(() =>
      openNursery(async (nursery) => {
        const parent = await nursery.startActor('parent', waits)
        const { pid } = await processOf('parent')
        void nursery.startTask(() => parent.run('waitWithChild', file, 'child'))
        void nursery.startTask(() => parent.run('ignoreCancellation', file))
        await waitUntil(async () => (await readNotes(name)).length === 3, { describe: () => readNotes(name) })
        nursery.cancel()
        await noted(name, 'parent asked', 'child ended', 'parent ended')
        // All that is left of it is its stubbornness: as after its grace.
        process.kill(pid, 'SIGTERM')
      }),
    )
    expect(stderr).toEqual([])
    expect(await processes()).toEqual([])
  })
})
