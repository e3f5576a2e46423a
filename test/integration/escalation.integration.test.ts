import { afterEach, describe, expect, it, vi } from 'vitest'
import { openNursery } from '../../index.ts'
import waits from '../fixtures/actors/waits.ts'
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

  function listenToStderr(): string[] {
    const written: string[] = []
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written.push(String(text))
      return true
    })
    return written
  }

  it('and does not end gets SIGTERM after its grace, and that is reported', async () => {
    const stderr = listenToStderr()
    const file = notes('ignores')
    await tree(() =>
      openNursery(async (nursery) => {
        await nursery.runInActor('stubborn', waits, 'ignoreCancellation', file)
        await begun('ignores')
        nursery.cancel()
      }, graces),
    )
    expect(await readNotes('ignores')).toEqual(['stubborn begun', 'stubborn asked'])
    expect(stderr[0]).toMatch(/^actorflow: actor 'stubborn' \(\w+\): did not end within 300 ms: sent it SIGTERM\n$/)
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
    const file = notes('stubborn-family')
    await tree(() =>
      openNursery(async (nursery) => {
        const parent = await nursery.startActor('parent', waits)
        void nursery.startTask(() => parent.run('waitWithChild', file, 'child'))
        void nursery.startTask(() => parent.run('ignoreCancellation', file))
        await waitUntil(async () => (await readNotes('stubborn-family')).length === 3, {
          describe: () => readNotes('stubborn-family'),
        })
        nursery.cancel()
      }, graces),
    )
    expect(await readNotes('stubborn-family')).toEqual(expect.arrayContaining(['child ended', 'parent ended']))
    expect(await processes()).toEqual([])
  })
})
