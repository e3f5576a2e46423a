import { describe, expect, it } from 'vitest'
import { fitRecord } from '../../engine/fit-record.ts'
import { longestLineChars } from '../../engine/log-output.ts'

const own = { level: 'warn', time: '2026-01-02T03:04:05.678Z', pid: 5, actor: 'words', actorId: 'ab12' }
const lineOf = (fields: object) => `${JSON.stringify({ ...own, ...fields, msg: 'said' })}\n`
const long = (char: string) => char.repeat(longestLineChars)

describe('An entry of a log', () => {
  it('stays what it is where it is a line that fits', () => {
    const line = lineOf({ text: 'x'.repeat(longestLineChars - lineOf({ text: '' }).length) })
    expect(line).toHaveLength(longestLineChars)
    expect(fitRecord(line)).toBe(line)
  })

  it.each([
    ['a text', { text: long('x') }, { text: expect.stringMatching(/^x+…$/) }],
    ['a text of escapes', { text: long('\0') }, { text: expect.stringMatching(/^\0+…$/) }],
    [
      'a value',
      { rows: Array.from({ length: 500_000 }, () => 1000) },
      { rows: expect.stringMatching(/^\[1000,[\d,]+…$/) },
    ],
    [
      'an error',
      { err: { type: 'RangeError', message: long('m'), stack: long('s'), code: 'FAR' } },
      { err: { type: 'RangeError', message: expect.stringMatching(/^m+…$/), stack: expect.any(String), code: 'FAR' } },
    ],
  ])('has %s cut that is too long, and says so', (_, fields, expected) => {
    const line = fitRecord(lineOf({ ...fields, small: 'whole' }))
    expect(line.length).toBeLessThanOrEqual(longestLineChars)
    expect(JSON.parse(line)).toEqual({ ...own, ...expected, small: 'whole', msg: 'said', cut: true })
  })

  it('goes without fields for which there is no room, and has its own', () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`field ${index}`, 'x'.repeat(40)]))
    const line = fitRecord(lineOf(many))
    expect(line.length).toBeLessThanOrEqual(longestLineChars)
    const { msg, cut, 'field 1': one, 'field 49999': last } = JSON.parse(line) as Record<string, unknown>
    expect({ msg, cut, one, last }).toEqual({ msg: 'said', cut: true, one: 'x'.repeat(40), last: undefined })
  })
})
