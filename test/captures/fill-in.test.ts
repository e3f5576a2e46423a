import { describe, expect, it } from 'vitest'
import { capturesOf, fillIn } from './fill-in.ts'

const page = 'a\n<!-- capture: one -->\nold\n<!-- /capture -->\nb\n<!-- capture: two -->\n<!-- /capture -->\n'

describe('The captures of a page', () => {
  it('are filled in at their places, again and again, and nothing else is touched', () => {
    expect(capturesOf(page)).toEqual(['one', 'two'])
    const filled = fillIn(page, new Map([['one', '$ flow\n$&\n']]))
    expect(filled).toBe(page.replace('old', () => '```text\n$ flow\n$&\n```'))
    expect(fillIn(filled, new Map([['one', 'new']]))).toBe(page.replace('old', '```text\nnew\n```'))
  })
})
