import { describe, expect, it } from 'vitest'
import { defaultGraces, type Graces, gracesBelow } from '../../engine/tree.ts'

describe('The graces that an actor gives its children', () => {
  it('are nearly all of its own cancelGraceMs, shared between both steps as its own are', () => {
    expect(gracesBelow(defaultGraces)).toEqual({ cancelGraceMs: 3_214, terminateGraceMs: 1_285 })
  })

  it('are less with each level', () => {
    const levels: Graces[] = [defaultGraces]
    for (let level = 0; level < 4; level += 1) levels.push(gracesBelow(levels.at(-1) as Graces))
    const totals = levels.map(({ cancelGraceMs, terminateGraceMs }) => cancelGraceMs + terminateGraceMs)
    expect(totals).toEqual([...totals].sort((a, b) => b - a))
    expect(new Set(totals).size).toBe(totals.length)
    expect(levels.at(-1)?.cancelGraceMs).toBeGreaterThan(500)
  })

  it('are none where it has none itself', () => {
    expect(gracesBelow({ cancelGraceMs: 0, terminateGraceMs: 0 })).toEqual({ cancelGraceMs: 0, terminateGraceMs: 0 })
    expect(gracesBelow({ cancelGraceMs: 0, terminateGraceMs: 500 })).toEqual({ cancelGraceMs: 0, terminateGraceMs: 0 })
  })
})
