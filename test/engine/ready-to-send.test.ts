import { describe, expect, it } from 'vitest'
import { FrameTooLargeError } from '../../engine/errors.ts'
import { readyAlone, readyToSend } from '../../engine/ready-to-send.ts'
import { Attachment, attachmentBytes, weigh } from '../../engine/weigh.ts'

const ready = <T>(value: T): T => readyToSend(value, weigh(value)) as T

describe('readyToSend', () => {
  it('copies what can be changed, at every depth', () => {
    const value = {
      id: 1,
      tags: ['a', { deep: [1] }],
      seen: new Set(['x', { y: 1 }]),
      counts: new Map<unknown, unknown>([['k', { n: 1 }]]),
      at: new Date(5),
      bytes: Buffer.from('abc'),
      plain: new Uint8Array([1, 2]),
    }
    const expected = structuredClone({ ...value, bytes: undefined })
    const copy = ready(value)
    expect(copy).toEqual(value)
    value.tags.push('b')
    value.seen.add('z')
    ;(value.counts.get('k') as { n: number }).n = 2
    value.at.setTime(6)
    value.bytes[0] = 0
    value.plain[0] = 9
    value.id = 2
    expect({ ...copy, bytes: undefined }).toEqual(expected)
    expect(copy.bytes).toEqual(Buffer.from('abc'))
    expect(Buffer.isBuffer(copy.bytes)).toBe(true)
  })

  it('leaves values that cannot change as they are', () => {
    for (const value of ['text', 1, true, null, undefined, 5n]) expect(ready(value)).toBe(value)
  })

  it('keeps the holes of an array and an own key called __proto__', () => {
    const holes: number[] = []
    holes[0] = 1
    holes[2] = 3
    expect(1 in ready(holes)).toBe(false)
    const keyed = JSON.parse('{"__proto__":{"x":1},"a":1}') as object
    expect(Object.keys(ready(keyed))).toEqual(Object.keys(keyed))
    expect(Object.getPrototypeOf(ready(keyed))).toBe(Object.prototype)
  })

  it('looks for large byte arrays only in what weighs enough to hold one, and does not copy their bytes', () => {
    const bytes = new Uint8Array(attachmentBytes)
    expect(readyToSend([bytes], attachmentBytes - 1)).toEqual([bytes])
    const [attachment] = readyToSend([bytes], weigh([bytes])) as [Attachment]
    expect(attachment).toBeInstanceOf(Attachment)
    expect(attachment.bytes).toBe(bytes)
  })
})

describe('readyAlone', () => {
  it('gives the value and its weight', () => {
    expect(readyAlone('hello', 'a result', 100)).toEqual({ value: 'hello', weight: 8 })
  })

  it('refuses what is too large by name, before it is sent', () => {
    const attempt = () => readyAlone('x'.repeat(2000), "the result of 'add'", 1000)
    expect(attempt).toThrow(FrameTooLargeError)
    expect(attempt).toThrow("the result of 'add' of 2005 bytes is over the limit of 1000 bytes")
  })
})
