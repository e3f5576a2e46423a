import { describe, expect, it } from 'vitest'
import { parseSharedName, stageOf } from '../../engine/shared-name.ts'

describe('parseSharedName', () => {
  it.each([
    ['words#2', { stage: 'words', index: 2 }],
    ['words#0', { stage: 'words', index: 0 }],
    ['a#b#12', { stage: 'a#b', index: 12 }],
    ['line\nbreak#1', { stage: 'line\nbreak', index: 1 }],
    ['#1#1', { stage: '#1', index: 1 }],
  ])('takes %j apart', (name, parts) => {
    expect(parseSharedName(name)).toEqual(parts)
  })

  it.each(['words', 'words#', '#2', 'words#two', 'words#2b', 'words#-2', 'words#1.5', 'words# 2', 'words#٢', ''])(
    'finds no number in %j',
    (name) => {
      expect(parseSharedName(name)).toBeUndefined()
      expect(stageOf(name)).toBe(name)
    },
  )
})

describe('stageOf', () => {
  it('is the name without its number', () => {
    expect(stageOf('words#2')).toBe('words')
  })
})
