import { describe, expect, it } from 'vitest'
import { type GraphFormat, graphCommand } from '../../../pipelines/cli/graph-command.ts'
import { planText } from '../../../pipelines/index.ts'
import { guestBed } from './guest-bed.ts'

async function graph(text: string, format: GraphFormat, columns?: number) {
  let stdout = ''
  const { host, written } = await guestBed()
  const exitCode = await graphCommand(
    'p.yaml',
    { format },
    {
      ...host,
      findSockets: async () => [],
      stdout: {
        ...(columns === undefined ? {} : { isTTY: true, columns }),
        write: (written) => (stdout += written),
        on: () => {},
        off: () => {},
      },
      check: async (file) => planText(text, file),
    },
  )
  return { exitCode, stdout, stderr: written.stderr }
}

const document = 'stages: { a: { source: generate, steps: [{ map: "(number) => number + 1" }], sink: drop } }'

describe('flow graph', () => {
  it.for([
    ['text', /^╭─ a ─+╮\n/],
    ['mermaid', /^flowchart TD\n/],
    ['dot', /^digraph "p" \{\n/],
    ['svg', /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /],
  ] as const)('draws a document as %s', async ([format, begin]) => {
    const { exitCode, stdout, stderr } = await graph(document, format)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(begin)
    expect(stdout).toMatch(/[^\n]\n$/)
    expect(stdout).toContain('number + 1')
  })

  it('fits the terminal', async () => {
    const { stdout } = await graph(document, 'text', 24)
    expect(stdout).toMatch(/^.{24}\n/)
    expect(stdout).toContain('│ map (number) => num… │')
  })

  it('says what is wrong with the document, and draws nothing', async () => {
    expect(await graph('stages: { a: { source: genrate } }', 'svg')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/p\.yaml:1:24: there is no source 'genrate'/),
    })
  })
})
