import { describe, expect, it } from 'vitest'
import { newActorId } from '../../engine/new-id.ts'

describe('newActorId', () => {
  it('gives twelve digits, each of which may be any', () => {
    const ids = Array.from({ length: 2_000 }, newActorId)
    expect(new Set(ids).size).toBe(ids.length)
    for (let place = 0; place < 12; place += 1) expect(new Set(ids.map((id) => id[place])).size).toBe(16)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{12}$/)
  })
})
