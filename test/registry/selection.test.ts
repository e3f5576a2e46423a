import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { hostId } from '../../engine/index.ts'
import { hasCapabilities, inOrderOf } from '../../registry/selection.ts'
import { registrationOf } from '../contracts/registry-bed.ts'

describe('Capabilities', () => {
  it('are all that is asked for, or more', () => {
    const has = { gpu: true, zone: 'eu', cores: 4 }
    expect(hasCapabilities(has, undefined)).toBe(true)
    expect(hasCapabilities(has, {})).toBe(true)
    expect(hasCapabilities(has, { gpu: true, zone: 'eu' })).toBe(true)
    expect(hasCapabilities(undefined, {})).toBe(true)
  })

  it('are not something else, or nothing', () => {
    for (const wanted of [{ gpu: false }, { cores: '4' }, { speed: 1 }, { constructor: 'a' }]) {
      expect(hasCapabilities({ gpu: true, cores: 4 }, wanted)).toBe(false)
    }
    expect(hasCapabilities(undefined, { gpu: true })).toBe(false)
  })
})

describe('The order in which actors of one name are tried', () => {
  const here = { host: hostname(), hostId: hostId() }
  const [far, local, own] = [
    // A name is not what makes a host: containers of one machine may share it.
    { ...registrationOf('a'), host: hostname(), hostId: 'boot/1/2' },
    { ...registrationOf('a'), ...here },
    { ...registrationOf('a'), ...here, pid: process.pid },
  ]
  const newestFirst = [own, local, far].toReversed()

  it('is from the newest to the oldest', () => {
    expect(inOrderOf('newest', newestFirst, 0)).toEqual(newestFirst)
  })

  it('is from the nearest to the farthest', () => {
    expect(inOrderOf('nearest', newestFirst, 0)).toEqual([own, local, far])
  })

  it('begins with each in turn, by age, whichever are there', () => {
    const firsts = [0, 1, 2, 3].map((turn) => inOrderOf('round-robin', newestFirst, turn)[0])
    const byAge = newestFirst.toSorted((a, b) => a.startedAt - b.startedAt)
    expect(firsts).toEqual([...byAge, byAge[0]])
    expect(inOrderOf('round-robin', [], 7)).toEqual([])
  })

  it('begins with any of them, and has all of them', () => {
    const firsts = new Set(Array.from({ length: 200 }, () => inOrderOf('any', newestFirst, 0)[0]))
    expect(firsts.size).toBe(3)
    expect(inOrderOf('any', newestFirst, 0)).toHaveLength(3)
    expect(inOrderOf('any', [], 0)).toEqual([])
  })
})
