import { afterEach, describe, expect, it, vi } from 'vitest'
import { findActor, openNursery } from '../../index.ts'
import waits from '../fixtures/actors/waits.ts'
import { listenToStderr } from '../support/nursery-log.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('An inline actor that does not end', () => {
  const { tree, notes, readNotes } = openTreeBed()

  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('is left to itself after both graces: that is reported, its calls have ended, and nobody finds it', async () => {
    const stderr = listenToStderr()
    const file = notes('left')
    await tree(async () => {
      let call: Promise<Error> | undefined
      await openNursery(
        async (nursery) => {
          const actor = await nursery.startActor('stubborn', waits)
          call = errorOf(actor.run('ignoreCancellation', file))
          await waitUntil(async () => (await readNotes('left')).length > 0, { describe: () => stderr })
          nursery.cancel()
        },
        { spawn: 'inline', cancelGraceMs: 100, terminateGraceMs: 100 },
      )
      expect(await call).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED' })
      expect(await findActor('stubborn', waits)).toBeUndefined()
    })
    expect(await readNotes('left')).toEqual(['stubborn begun', 'stubborn asked'])
    expect(stderr).toEqual([expect.stringMatching(/^actorflow: actor 'stubborn' .* 200 ms: .* is left to itself\n$/)])
  })
})
