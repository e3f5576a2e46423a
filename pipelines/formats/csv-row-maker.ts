/** Makes an item of a row's fields, one a column. */
export type RowMaker = (fields: readonly string[]) => Record<string, unknown>

// V8 keeps the properties of larger literals as a dictionary, which is slower than those of an object that has grown.
const mostColumnsOfLiteral = 128

/** A maker of objects with these columns. */
export function createRowMaker(columns: readonly string[], toValue?: (field: string) => unknown): RowMaker {
  // In a literal, `__proto__` is no property like others.
  const asLiteral = columns.length <= mostColumnsOfLiteral && !columns.includes('__proto__')
  return asLiteral ? writeLiteral(columns, toValue) : fillObjects(columns, toValue)
}

/** One object literal, `{ "a": f[0], "b": f[1] }`: all properties at once cost half of one after the other by their names. */
function writeLiteral(columns: readonly string[], toValue?: (field: string) => unknown): RowMaker {
  const value = (index: number) => (toValue === undefined ? `fields[${index}]` : `toValue(fields[${index}])`)
  const properties = columns.map((column, index) => `${JSON.stringify(column)}: ${value(index)}`)
  // oxlint-disable-next-line typescript/no-implied-eval -- a column's name stands in it as a JSON string, the fields as values
  return new Function('toValue', `'use strict'; return (fields) => ({ ${properties.join(', ')} })`)(toValue) as RowMaker
}

function fillObjects(columns: readonly string[], toValue: (field: string) => unknown = (field) => field): RowMaker {
  return (fields) => {
    const item: Record<string, unknown> = {}
    columns.forEach((column, index) => {
      item[column] = toValue(fields[index] as string)
    })
    return item
  }
}
