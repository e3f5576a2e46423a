import { describe, expect, it } from 'vitest'
import { createTable } from '../../../pipelines/formats/table.ts'

function tableOf(items: unknown[], limit = 100): string[] {
  const table = createTable(limit)
  table.add(items)
  return table.toString().split('\n')
}

describe('A text table', () => {
  it('has numbers to the right, text to the left, and columns in the order they are first seen', () => {
    expect(tableOf([{ city: 'Seattle', rain: 12.5 }, { city: 'Oslo', rain: 3, note: null }, { note: 'dry' }])).toEqual([
      'city     rain  note',
      '-------  ----  ----',
      'Seattle  12.5',
      'Oslo        3',
      '               dry',
      '',
    ])
  })

  it('aligns wide characters and marks', () => {
    expect(
      tableOf([
        { a: '日本', b: 1 },
        { a: 'e\u0301e', b: 2 },
        { a: '👍🏽', b: 3 },
      ]),
    ).toEqual(['a     b', '----  -', '日本  1', 'e\u0301e    2', '👍🏽    3', ''])
  })

  it('says how many rows it has left out', () => {
    expect(tableOf([1, 2, 3], 2)).toEqual(['value', '-----', '    1', '    2', '… 1 more row', ''])
  })

  it('lets no value break a line or steer the terminal', () => {
    expect(tableOf([{ a: 'x\ny\u001b[31m' }])[2]).toBe('x\\ny\\u001b[31m')
  })

  it('is nothing without rows, and shows nested values as JSON', () => {
    expect(tableOf([])).toEqual([''])
    expect(tableOf([{ a: { b: [1n] } }])[2]).toBe('{"b":["1"]}')
  })
})
