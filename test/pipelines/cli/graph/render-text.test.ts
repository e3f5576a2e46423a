import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderTextGraph } from '../../../../pipelines/cli/graph/render-text.ts'
import { chain, graphOfStages, running, web } from './graphs.ts'

function draw(stages: object, width?: number): string {
  return renderTextGraph(graphOfStages(stages), width === undefined ? {} : { width }).join('\n')
}

describe('A graph as text', () => {
  it('is a chain of boxes with what each stage does', () => {
    expect(draw(chain)).toMatchInlineSnapshot(`
      "      ╭─ lines ──────────────╮
            │ source file book.txt │
            ╰──────────┬───────────╯
                       │
                       ▼
      ╭─ words ×2 ──────────────────────╮
      │ flatMap line => line.split(' ') │
      │ use graphs.ts#graphOfStages     │
      ╰────────────────┬────────────────╯
                       │
                       ▼
        ╭─ counts ────────────────────╮
        │ countBy word => word        │
        │ topN 10 by row => row.count │
        ╰──────────────┬──────────────╯
                       │
                       ▼
             ╭─ report ──────────╮
             │ sink stdout jsonl │
             ╰───────────────────╯"
    `)
  })

  it('leads lines to each reader, by the names of its inputs, and past layers', () => {
    expect(draw(web)).toMatchInlineSnapshot(`
      "                                                    ╭─ a ─────────────╮
                                                          │ source generate │
                                                          ╰────────┬────────╯
                                                 ╭─────────────────┼──────────────────╮
                                                 ▼                 ▼                  │
      ╭─ b ─────────────╮              ╭─ c ×3 ────────────╮    ╭─ d ────────────╮    │
      │ source generate │              │ map x => x + 1    │    │ countBy x => x │    │
      ╰────────┬────────╯              │ filter x => x % 2 │    ╰───────┬────────╯    │
               │                       ╰─────────┬─────────╯            │             │
               ├──────────────────────╮          │         ╭────────────┴────────────╮│
               │               ╭──────│──────────┤         │              ╭──────────│╯
               ▼               ▼      ▼ third    ▼ left    ▼ right        │          ▼
            ╭─ copy ────────────╮    ╭─ join ──────────────────────╮      │    ╭─ x ───────╮
            │ sink stdout jsonl │    │ use graphs.ts#graphOfStages │      │    │ sink drop │
            ╰───────────────────╯    ╰──────────────┬──────────────╯      │    ╰───────────╯
                                                    ╰─────╮  ╭────────────╯
                                                          ▼  ▼ merge
                                                         ╭─ late ────╮
                                                         │ take 3    │
                                                         │ merge a   │
                                                         │ sink drop │
                                                         ╰───────────╯"
    `)
  })

  it('shortens what the stages do until it fits', () => {
    const lines = draw(web, 80).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(lines.join('\n')).toContain('countBy x =…')
  })

  it('says what runs at the moment, and colours it', () => {
    const paint = (text: string, level: string) => `<${level}>${text}</>`
    const lines = renderTextGraph(graphOfStages(chain, running), { paint })
    expect(lines[2]).toMatch(/^ *<blocked>│ 12\.3k\/s {2}busy 9 % +│<\/>$/)
    expect(lines.find((line) => line.includes('busy 97'))).toMatch(/<full>│ 12\.3k\/s/)
    expect(lines.find((line) => line.includes('countBy'))).toMatch(/^ *│ countBy/)
  })

  it('keeps its shape whatever is in the names, and lets none steer the terminal', () => {
    const lines = draw({ a: { source: 'generate', steps: [{ map: '() => "日本 👩‍👩‍👧 \x1b[2J"' }] } }).split('\n')
    expect(lines).toEqual([
      '╭─ a ──────────────────────╮',
      '│ source generate          │',
      '│ map () => "日本 👩‍👩‍👧 \ufffd[2J" │',
      '╰──────────────────────────╯',
    ])
  })

  it('draws each stage once, and an arrow for each input, for whatever pipeline', () => {
    const readers = fc.array(fc.uniqueArray(fc.nat(11), { maxLength: 4 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(readers, (inputs) => {
        const stages = inputs.map((from, index) => {
          const earlier = [...new Set(from.filter((other) => other < index))]
          return [`s${index}`, earlier.length === 0 ? { source: 'generate' } : { from: earlier.map((n) => `s${n}`) }]
        })
        const graph = graphOfStages(Object.fromEntries(stages))
        const text = renderTextGraph(graph).join('\n')
        for (const { name } of graph.nodes) expect(text.split(`╭─ ${name} ─`)).toHaveLength(2)
        expect(text.split('▼')).toHaveLength(graph.edges.length + 1)
        const readSources = new Set(graph.edges.map(({ from }) => from))
        // Each stage that is read has one way out of its lower border.
        expect([...text.matchAll(/╰─*┬─*╯/g)].length).toBeGreaterThanOrEqual(readSources.size)
      }),
      { numRuns: 200 },
    )
  })
})
