import { describe, expect, it } from 'vitest'
import { moveOnAfter } from '../../index.ts'
import shares from '../fixtures/actors/shares.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('A shared resource of an actor', () => {
  const { withActor, nursery, notes, readNotes } = openTreeBed()

  it('is opened once for calls that come at once, and closed before the last of them returns', async () => {
    await withActor(shares, async (portal) => {
      const file = notes('at-once')
      const numbers = await Promise.all([1, 2, 3, 4].map(() => portal.run('use', file)))
      expect(numbers).toEqual([1, 1, 1, 1])
      expect(await readNotes('at-once')).toEqual(['actor opens 1', 'actor closed 1'])
      expect(await portal.run('use', file)).toBe(2)
    })
  })

  it('is not disturbed by a caller that goes away while it is being opened', async () => {
    await withActor(shares, async (portal) => {
      const file = notes('goes-away')
      const first = moveOnAfter(10, () => portal.run('use', file))
      const others = await Promise.all([portal.run('use', file), portal.run('use', file)])
      expect(new Set(others).size).toBe(1)
      await first
      const lines = await readNotes('goes-away')
      expect(lines.filter((line) => line.includes('opens')).length).toBe(
        lines.filter((line) => line.includes('closed')).length,
      )
    })
  })

  it('is another one in another actor, one in the same thread too', async () => {
    await nursery(async (nursery) => {
      const options = { spawn: 'inline' } as const
      const [a, b] = await Promise.all(['a', 'b'].map((name) => nursery.startActor(name, shares, options)))
      const file = notes('inline')
      await Promise.all([a?.run('use', file), b?.run('use', file), b?.run('use', file)])
      const names = (await readNotes('inline')).map((line) => line.slice(0, -2)).toSorted()
      expect(names).toEqual(['a closed', 'a opens', 'b closed', 'b opens'])
      await Promise.all([a?.cancelActor(), b?.cancelActor()])
    })
  })

  it('is another one in a child', async () => {
    await withActor(shares, async (portal) => {
      expect(await portal.run('useWithChild', notes('child'))).toEqual([1, 1])
      expect((await readNotes('child')).toSorted()).toEqual([
        'actor closed 1',
        'actor opens 1',
        'child closed 1',
        'child opens 1',
      ])
    })
  })

  it('is closed when its actor is cancelled, by its users or for them', async () => {
    await nursery(async (nursery) => {
      const [holder, leaver] = await Promise.all([
        nursery.startActor('holder', shares),
        nursery.startActor('leaver', shares),
      ])
      const file = notes('cancelled')
      holder.run('hold', file).catch(() => undefined)
      await leaver.run('leave', file)
      await waitUntil(async () => (await readNotes('cancelled')).includes('holder holds'), {
        describe: () => readNotes('cancelled'),
      })
      await Promise.all([holder.cancelActor(), leaver.cancelActor()])
      expect(await readNotes('cancelled')).toEqual(expect.arrayContaining(['holder closed 1', 'leaver closed 1']))
    })
  })
})
