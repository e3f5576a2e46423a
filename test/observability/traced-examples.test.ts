import { describe, expect, it } from 'vitest'
import type { Span } from '../../pipelines/cli/trace/span.ts'
import { expectWholeTraces } from '../support/traced-examples.ts'

const first: Span = {
  traceId: 'a',
  spanId: '1',
  parentId: undefined,
  service: 'lines',
  instance: 'x',
  name: 'send words',
  kind: 'producer',
  startMs: 1,
  endMs: 2,
  attributes: {},
  links: [],
  events: [],
  error: undefined,
}
const second: Span = { ...first, spanId: '2', parentId: '1', links: [{ traceId: 'a', spanId: '1' }] }

describe('The check of references', () => {
  it('takes traces that are whole, and no others', () => {
    expect(() => expectWholeTraces([second, first])).not.toThrow()
    expect(() => expectWholeTraces([second])).toThrow("the parent of 'send words' of lines")
    expect(() => expectWholeTraces([first, { ...second, traceId: 'b' }])).toThrow('the parent of')
    expect(() => expectWholeTraces([first, { ...second, links: [{ traceId: 'b', spanId: '1' }] }])).toThrow('a link of')
    expect(() => expectWholeTraces([first, first])).toThrow('to be 2')
    expect(() => expectWholeTraces([{ ...first, endMs: 1 }])).toThrow("the end of 'send words'")
    expect(() => expectWholeTraces([{ ...first, startMs: 100, endMs: 101 }, second])).toThrow('to be greater than 50')
  })
})
