import { describe, expect, it } from 'vitest'
import reuses from '../fixtures/actors/reuses.ts'
import { openTreeBed } from '../support/tree.ts'

describe('What an actor hands over', () => {
  const { withActor } = openTreeBed()

  it('arrives as it was at its yield, though the same object is changed and yielded again', async () => {
    await withActor(reuses, async (portal) => {
      const items: unknown[] = []
      for await (const item of portal.stream('oneObject', 20)) items.push(item)
      const numbers = Array.from({ length: 20 }, (_, index) => index + 1)
      expect(items).toEqual(numbers.map((n) => ({ n, seen: numbers.slice(0, n) })))
    })
  })

  it('arrives as it was at its return', async () => {
    await withActor(reuses, async (portal) => {
      expect(await portal.run('remembers', 'first')).toEqual(['first'])
      expect(await portal.run('remembers', 'second')).toEqual(['first', 'afterwards', 'second'])
    })
  })
})
