import { describe, expect, it } from 'vitest'
import { rowsOf } from '../../../../pipelines/cli/trace/path-rows.ts'
import { type PathNode, pathOf } from '../../../../pipelines/cli/trace/path-tree.ts'
import type { Span } from '../../../../pipelines/cli/trace/span.ts'

const span: Span = {
  traceId: '1'.repeat(32),
  spanId: '2'.repeat(16),
  parentId: undefined,
  service: 'lines',
  instance: undefined,
  name: 'read',
  kind: 'internal',
  startMs: 1,
  endMs: 3,
  attributes: {},
  links: [],
  events: [],
  error: undefined,
}

describe('The lines of a path', () => {
  it('may be of an item that became more than a function may have arguments', () => {
    const nodes: PathNode[] = Array(150_000).fill(pathOf([span], new Set())[0])
    const rows = rowsOf(nodes, { maxBranchCount: 2, nameOf: () => '' })
    expect(rows).toHaveLength(3)
    expect(rows[2]?.text).toBe('└ … 149998 more, the longest 2.00 ms: --all shows them')
  })

  it('say what happened in a span, and when: twenty times at the most, and without the exception that is its error', () => {
    const tried = (index: number) => ({ name: 'tried', atMs: 1 + index, attributes: { of: 'src', index } })
    const events = [{ name: 'exception', atMs: 2, attributes: {} }, ...Array.from({ length: 21 }, (_, i) => tried(i))]
    const textsOf = (more: Partial<Span>) =>
      rowsOf(pathOf([{ ...span, ...more }], new Set()), { maxBranchCount: 2, nameOf: () => '' }).map(({ text }) => text)
    expect(textsOf({ events: events.slice(0, 2) })).toEqual([
      '· read',
      '    +1.00 ms exception',
      '    +0 ms tried of=src index=0',
    ])
    const failed = textsOf({ events, error: 'no' })
    expect(failed.slice(0, 3)).toEqual(['· read ✗', '    ✗ no', '    +0 ms tried of=src index=0'])
    expect(failed.slice(-2)).toEqual(['    +19.0 ms tried of=src index=19', '    … 1 more events'])
  })
})
