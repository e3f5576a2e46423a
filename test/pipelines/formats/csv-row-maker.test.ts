import { describe, expect, it } from 'vitest'
import { createRowMaker } from '../../../pipelines/formats/csv-row-maker.ts'

describe('The maker of rows', () => {
  it('makes objects whose properties are the columns in their order, whatever they are called', () => {
    const columns = ['b', 'a "quoted" one', '', 'constructor', "it's ${x}", 'line\u2028break\n\\', 'toValue', '日']
    const row = createRowMaker(columns)(columns.map((_, index) => `field ${index}`))
    expect(Object.entries(row)).toEqual(columns.map((column, index) => [column, `field ${index}`]))
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
  })

  it('has the last field of a column that is there twice', () => {
    expect(createRowMaker(['a', 'b', 'a'])(['1', '2', '3'])).toEqual({ a: '3', b: '2' })
  })

  it('leaves the prototype of its rows alone', () => {
    const row = createRowMaker(['__proto__', 'a', '__proto__'])(['1', '2', '3'])
    expect(Object.entries(row)).toEqual([['a', '2']])
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
  })

  it.each([3, 1000])('changes the fields of %i columns', (count) => {
    const columns = Array.from({ length: count }, (_, index) => `c${index}`)
    const row = createRowMaker(columns, (field) => field.length)(columns)
    expect(Object.entries(row)).toEqual(columns.map((column) => [column, column.length]))
  })
})
