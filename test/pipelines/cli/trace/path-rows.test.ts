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
  error: undefined,
}

describe('The lines of a path', () => {
  it('may be of an item that became more than a function may have arguments', () => {
    const nodes: PathNode[] = Array(150_000).fill(pathOf([span], new Set())[0])
    const rows = rowsOf(nodes, { maxBranchCount: 2, nameOf: () => '' })
    expect(rows).toHaveLength(3)
    expect(rows[2]?.text).toBe('└ … 149998 more, the longest 2.00 ms: --all shows them')
  })
})
