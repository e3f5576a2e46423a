import { describe, expect, it } from 'vitest'
import { nameFilter } from '../../registry/name-glob.ts'

describe('A pattern of names', () => {
  it.each([
    ['*', ['', 'a', 'a/b', 'a\nb'], []],
    ['word*', ['word', 'words-1', 'word*'], ['wor', 'a word']],
    ['?ord', ['word', '名ord'], ['ord', 'wword']],
    ['*-1', ['a-1', '-1'], ['a-11']],
    ['a**b', ['ab', 'a--b'], ['ba']],
    ['a.b[1]', ['a.b[1]'], ['axb1', 'a.b1']],
    ['', [''], ['a']],
  ])('%o fits the names that it stands for, and no others', (pattern, fitting, others) => {
    const fits = nameFilter(pattern)
    expect(fitting.filter((name) => !fits(name))).toEqual([])
    expect(others.filter((name) => fits(name))).toEqual([])
  })
})
