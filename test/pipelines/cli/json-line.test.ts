import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toJsonLine } from '../../../pipelines/cli/json-line.ts'

describe('A line of JSON', () => {
  it('is what JSON.stringify makes of all that JSON has', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(toJsonLine(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('is one line without a character that steers a terminal, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (key, text) => {
        const line = toJsonLine({ [key]: [text] })
        expect(line).toMatch(/^\P{Control}*\n$/u)
        expect(JSON.parse(line)).toEqual({ [key]: [text] })
      }),
    )
    expect(toJsonLine('\u001b[2J \u009b2J \u007f')).toBe('"\\u001b[2J \\u009b2J \\u007f"\n')
  })

  it.for([
    [undefined, 'null'],
    [{ a: undefined, b: [undefined] }, '{"b":[null]}'],
    [12345678901234567890n, '"12345678901234567890"'],
    [[NaN, Infinity, -Infinity], '["NaN","Infinity","-Infinity"]'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [new Date(NaN), 'null'],
    [
      new Map<unknown, unknown>([
        ['a', 1n],
        [{ k: 1 }, NaN],
      ]),
      '[["a","1"],[{"k":1},"NaN"]]',
    ],
    [new Set([1, 2n]), '[1,"2"]'],
    [Buffer.from('hello'), '"aGVsbG8="'],
    [new Uint8Array([1, 2]), '"AQI="'],
    [new Uint8Array([1, 2, 3, 4]).buffer, '"AQIDBA=="'],
    [new DataView(new Uint8Array([1, 2]).buffer), '"AQI="'],
    [new Float64Array([1.5, NaN]), '[1.5,"NaN"]'],
    [new BigInt64Array([1n]), '["1"]'],
    [/a+/g, '"/a+/g"'],
    [Object.assign(new RangeError('no'), { code: 7 }), '{"name":"RangeError","message":"no","code":7}'],
    [
      { deep: { when: new Date(0), toJSON: 'a field' } },
      '{"deep":{"when":"1970-01-01T00:00:00.000Z","toJSON":"a field"}}',
    ],
    [JSON.parse('{"__proto__":{"a":1},"b":1}'), '{"__proto__":{"a":1},"b":1}'],
    [Object.fromEntries([['__proto__', 1n]]), '{"__proto__":"1"}'],
  ] as const)('writes %o as %s', ([value, json]) => {
    expect(toJsonLine(value)).toBe(`${json}\n`)
  })
})
