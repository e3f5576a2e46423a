import { describe, expect, it } from 'vitest'
import { NotEncodableError } from '../../engine/errors.ts'
import { Attachment, attachmentBytes, detachBytes, maxNestingDepth, weigh, weighWithin } from '../../engine/weigh.ts'

class Money {
  readonly cents: number
  constructor(cents: number) {
    this.cents = cents
  }
  toJSON(): unknown {
    return { cents: this.cents }
  }
}

class Odd extends Uint8Array {}
class Ledger extends Map {}

function nested(levels: number): unknown {
  let value: unknown = 'inside'
  for (let i = 0; i < levels; i += 1) value = [value]
  return value
}

function transferred(): Uint8Array {
  const bytes = new Uint8Array(4)
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
  return bytes
}

const selfContaining: Record<string, unknown> = { name: 'loop' }
selfContaining['self'] = selfContaining

describe('weigh', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'hello'],
    ['a number', 1.5],
    ['a bigint', 2n ** 80n],
    ['a boolean', true],
    ['a date', new Date(0)],
    ['a pattern', /a+/gi],
    ['an array with holes', [1, , 3]], // oxlint-disable-line no-sparse-arrays -- holes are what is tested
    ['a map', new Map([[{ key: 1 }, new Set(['value'])]])],
    ['bytes', Buffer.from('hello')],
    ['numbers in binary', Float64Array.of(1, 2)],
    ['a DataView', new DataView(new ArrayBuffer(4))],
    ['an error', new TypeError('wrong', { cause: new Error('why') })],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    [
      'an instance, as its fields',
      new (class Point {
        x = 1
      })(),
    ],
    ['an instance with toJSON', new Money(5)],
    ['a field that is called toJSON and is none', { toJSON: 'no' }],
    ['an object whose constructor is a field', { constructor: 'Ford' }],
  ])('lets %s travel', (_, value) => {
    expect(weigh(value)).toBeGreaterThan(0)
  })

  it.each<[string, unknown, string]>([
    ['a function', () => 1, 'it is a function (anonymous)'],
    ['a function in an object', { on: { click: function press() {} } }, "'on.click' is a function (press)"],
    ['a function in an array', { list: [1, [() => 1]] }, "'list[1][0]' is a function (anonymous)"],
    ['a method of a plain object, toJSON too', { toJSON: () => 1 }, "'toJSON' is a function (toJSON)"],
    ['a class', { type: Money }, "'type' is a function (Money)"],
    ['a symbol', Symbol('s'), 'it is a symbol (Symbol(s))'],
    ['a symbol in an array', [Symbol('s')], "'[0]' is a symbol (Symbol(s))"],
    ['a function in a map', { m: new Map([['k', () => 1]]) }, "'m.<value>' is a function (anonymous)"],
    ['a function as the key of a map', { m: new Map([[() => 1, 1]]) }, "'m.<key>' is a function (anonymous)"],
    ['a function in a set', new Set([() => 1]), "'.<member>' is a function (anonymous)"],
    ['a function as a cause', new Error('x', { cause: () => 1 }), "'cause' is a function (cause)"],
    ['a promise', { later: Promise.resolve(1) }, "'later' is a Promise: await it first"],
    ['a WeakMap', new WeakMap(), 'it is a WeakMap'],
    ['a WeakRef', [new WeakRef({})], "'[0]' is a WeakRef"],
    ['shared memory', { memory: new SharedArrayBuffer(4) }, "'memory' is a SharedArrayBuffer"],
    ['a kind of Map', { book: new Ledger() }, "'book' is a Ledger, a kind of Map: send new Map(it)"],
    ['a kind of Uint8Array', [new Odd(4)], "'[0]' is a Odd, which has no form on the wire"],
    ['half-precision numbers', new Float16Array(2), 'it is a Float16Array, which has no form on the wire'],
    ['bytes that were transferred', { b: transferred() }, "'b' is a Uint8Array whose bytes were transferred away"],
    [
      'a toJSON that cannot be called',
      { m: Object.assign(new Money(1), { toJSON: 5 }) },
      "'m' has a toJSON that is not a function",
    ],
    ['a function that toJSON gives', { m: Object.assign(new Money(1), { toJSON: () => [() => 1] }) }, "'m[0]' is a"],
  ])('refuses %s and says where it is', (_, value, message) => {
    const attempt = () => weigh(value)
    expect(attempt).toThrow(NotEncodableError)
    expect(attempt).toThrow(`a value cannot be sent to another actor: ${message}`)
  })

  it('says in a field where the value is that cannot travel', () => {
    expect(() => weigh({ list: [{ run() {} }] })).toThrow(expect.objectContaining({ path: "'list[0].run'" }))
  })

  it('lets values be nested as deep as the limit, and no deeper', () => {
    expect(weigh(nested(maxNestingDepth + 1))).toBeGreaterThan(0)
    expect(() => weigh(nested(maxNestingDepth + 2))).toThrow(/is nested deeper than 128 levels, or contains itself/)
  })

  it('refuses what contains itself, with a message of bearable length', () => {
    const own = new Map<string, unknown>()
    own.set('own', own)
    const error = new Error('own')
    error.cause = error
    for (const value of [selfContaining, [selfContaining], own, error]) {
      expect(() => weigh(value)).toThrow(/contains itself/)
      expect(() => weigh(value)).toThrow(/^.{1,400}$/)
    }
  })

  it('refuses an instance whose toJSON gives ever new ones', () => {
    class Endless {
      toJSON(): unknown {
        return new Endless()
      }
    }
    expect(() => weigh(new Endless())).toThrow(/contains itself/)
  })

  it('weighs an instance by what its toJSON gives', () => {
    const text = 'x'.repeat(10_000)
    expect(weigh(Object.assign(new Money(1), { toJSON: () => text }))).toBe(weigh(text))
  })

  it('gives whole numbers, which is what the wire takes', () => {
    for (const value of [0n, 1n, 255n, -(2n ** 70n), { n: 10n }, [1n, 2.5, 'a']]) expect(weigh(value) % 1).toBe(0)
  })

  it('measures long texts, wherever they are, in bytes', () => {
    const text = '語'.repeat(2000)
    expect(weigh(text)).toBeGreaterThanOrEqual(6000)
    expect(weigh({ text })).toBeGreaterThanOrEqual(6000)
    expect(weigh([{ text }])).toBeGreaterThanOrEqual(6000)
  })

  it('counts the keys of an object that is used as a dictionary', () => {
    const dictionary = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`${n}`.padStart(100, '-'), n]))
    expect(weigh(dictionary)).toBeGreaterThan(10_000)
    expect(weigh([dictionary])).toBeGreaterThan(10_000)
  })

  it('counts the bytes of binary values', () => {
    for (const bytes of [new Uint8Array(5000), new ArrayBuffer(5000), new Float64Array(625)]) {
      expect(weigh({ bytes })).toBeGreaterThanOrEqual(5000)
    }
  })
})

describe('detachBytes', () => {
  const large = new Uint8Array(attachmentBytes)

  it('puts an attachment in the place of each large byte array', () => {
    expect(detachBytes(large)).toEqual(new Attachment(large))
    expect(detachBytes({ a: [large, 1], b: Buffer.from(large) })).toEqual({
      a: [new Attachment(large), 1],
      b: new Attachment(Buffer.from(large)),
    })
  })

  it('leaves the value as it was', () => {
    const inner = [large]
    const value = { inner, small: new Uint8Array(10) }
    const detached = detachBytes(value) as typeof value
    expect(value.inner).toBe(inner)
    expect(inner[0]).toBe(large)
    expect(detached).not.toBe(value)
    expect(detached.small).toBe(value.small)
  })

  it('copies nothing where there is nothing to detach', () => {
    const value = { text: 'x'.repeat(20_000), small: [new Uint8Array(attachmentBytes - 1)] }
    expect(detachBytes(value)).toBe(value)
  })

  it('leaves other binary values, and what is in maps and instances, to the packer', () => {
    const others = [new Float64Array(2000), new Map([['k', large]]), new Money(1), null, 'text']
    expect(detachBytes(others)).toBe(others)
  })
})

describe('weighWithin', () => {
  const texts = Array.from({ length: 100 }, () => '語'.repeat(1000))

  it('is exact about short texts when the estimate may hide that the value is over the limit', () => {
    expect(weigh(texts)).toBeLessThan(110_000)
    expect(weighWithin(texts, 200_000)).toBeGreaterThan(300_000)
  })

  it('looks only once at what is far from the limit', () => {
    expect(weighWithin(texts, 1_000_000)).toBe(weigh(texts))
  })
})
