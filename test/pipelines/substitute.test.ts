import { describe, expect, it } from 'vitest'
import { substitute } from '../../pipelines/substitute.ts'

const environment = { NAME: 'value', EMPTY: '', INNER: '${NAME}' }

describe('Substitution of variables', () => {
  it.each([
    ['no variable', 'no variable'],
    ['${NAME}', 'value'],
    ['a/${NAME}-${NAME}', 'a/value-value'],
    ['${EMPTY}', ''],
    ['${EMPTY:-default}', 'default'],
    ['${NONE:-default}', 'default'],
    ['${NONE:-}', ''],
    ['${NAME:-default}', 'value'],
    ['$${NAME}', '${NAME}'],
    ['${INNER}', '${NAME}'],
    ['$NAME', '$NAME'],
  ])('makes of %s', (text, expected) => {
    expect(substitute(text, environment)).toMatchObject({ text: expected, failures: [] })
  })

  it.each(['constructor', 'toString', '__proto__'])('knows no variable %s that nobody has set', (name) => {
    const { text, failures } = substitute(`\${${name}}`, environment)
    expect({ text, failures }).toEqual({
      text: '',
      failures: [{ index: 0, message: `the variable ${name} is not set and has no default` }],
    })
  })

  it('tells where a variable is that is not set', () => {
    const message = 'the variable NONE is not set and has no default'
    expect(substitute('${NAME}/${NONE}', environment).failures).toEqual([{ index: 8, message }])
  })

  it('tells where a brace begins no variable', () => {
    expect(substitute('x ${1}', environment).failures).toMatchObject([{ index: 2 }])
  })
})
