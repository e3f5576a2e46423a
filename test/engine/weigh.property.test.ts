import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Encoder } from '../../engine/codec.ts'
import { NotEncodableError } from '../../engine/errors.ts'
import { Kind } from '../../engine/frame.ts'
import { readyToSend } from '../../engine/ready-to-send.ts'
import { weigh } from '../../engine/weigh.ts'
import { encodableValues } from './encodable-values.ts'

/** What only the frame around a value takes. */
const frameBytes = 16

function packedBytes(value: unknown): number {
  const parts = new Encoder().encode([[Kind.return, 1, readyToSend(value, weigh(value))]])
  return parts.reduce((sum, part) => sum + part.byteLength, 0) - frameBytes
}

const wrappers = fc.constantFrom<(inner: unknown) => unknown>(
  (inner) => [1, inner],
  (inner) => ({ before: 1, inner }),
  (inner) => ({ deeper: { inner } }),
  (inner) => Object.assign(Object.create(null), { inner }),
  (inner) => new Map([['key', inner]]),
  (inner) => new Map([[inner, 'value']]),
  (inner) => new Set([inner]),
  (inner) =>
    new (class Shown {
      toJSON(): unknown {
        return inner
      }
    })(),
  (inner) => new Error('wrapped', { cause: inner }),
)

describe('weigh', () => {
  it('gives whole numbers that are never less than a third of what is written', () => {
    fc.assert(
      fc.property(encodableValues, (value) => {
        const weight = weigh(value)
        expect(Number.isSafeInteger(weight)).toBe(true)
        expect(packedBytes(value)).toBeLessThanOrEqual(3.1 * weight)
      }),
      { numRuns: 500 },
    )
  })

  it('is not much more than what is written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 20 }), { minLength: 10 }), (texts) => {
        expect(weigh(texts)).toBeLessThan(1.5 * packedBytes(texts))
      }),
    )
  })

  it('takes boxed values and objects of every prototype', () => {
    const anything = fc.anything({ withBoxedValues: true, withObjectString: true, withNullPrototype: true })
    fc.assert(
      fc.property(anything, (value) => {
        expect(packedBytes(value)).toBeLessThanOrEqual(3.1 * weigh(value))
      }),
    )
  })

  it('refuses functions and symbols at any depth', () => {
    const bad = fc.constantFrom<unknown>(
      () => 1,
      Symbol('bad'),
      class {},
      async () => 1,
      Promise.resolve(),
    )
    fc.assert(
      fc.property(bad, fc.array(wrappers, { maxLength: 40 }), (inner, around) => {
        const value = around.reduce((wrapped, wrap) => wrap(wrapped), inner)
        expect(() => weigh(value)).toThrow(NotEncodableError)
      }),
    )
  })
})
