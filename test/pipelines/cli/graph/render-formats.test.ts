import { describe, expect, it } from 'vitest'
import { renderDot } from '../../../../pipelines/cli/graph/render-dot.ts'
import { renderMermaid } from '../../../../pipelines/cli/graph/render-mermaid.ts'
import { renderSvg } from '../../../../pipelines/cli/graph/render-svg.ts'
import { chain, graphOfStages, hostile, running, web } from './graphs.ts'

const nasty = graphOfStages(hostile, undefined, 'di"a\\m<o>nd &amp;')

describe('A graph for Mermaid', () => {
  it('has the stages, their inputs by name, and the colours of those that run', () => {
    expect(renderMermaid(graphOfStages(chain, running)).join('\n')).toMatchInlineSnapshot(`
      "flowchart TD
        s0(["<b>lines</b><br/>source file book.txt<br/><i>12.3k/s  busy 9 #37;</i>"])
        s1["<b>words ×2</b><br/>flatMap line =#62; line.split(' ')<br/>use graphs.ts#35;graphOfStages<br/><i>12.3k/s  busy 97 #37;</i>"]
        s2["<b>counts</b><br/>countBy word =#62; word<br/>topN 10 by row =#62; row.count"]
        s3(["<b>report</b><br/>sink stdout jsonl"])
        s0 --> s1
        s1 --> s2
        s2 --> s3
        classDef blocked fill:#ffe0cc,stroke:#bc4c00,color:#4a1f00
        classDef full fill:#ffd7d9,stroke:#cf222e,color:#4d0a10
        class s0 blocked
        class s1 full"
    `)
    expect(renderMermaid(graphOfStages(web)).filter((line) => line.includes('-->'))).toMatchInlineSnapshot(`
      [
        "  s0 --> s2",
        "  s0 --> s3",
        "  s2 -->|"left"| s4",
        "  s3 -->|"right"| s4",
        "  s1 -->|"third"| s4",
        "  s1 --> s5",
        "  s2 --> s5",
        "  s3 --> s6",
        "  s4 --> s7",
        "  s0 -->|"merge"| s7",
      ]
    `)
  })

  it('has nothing in its texts that means something there', () => {
    const labels = renderMermaid(nasty).flatMap((line) => [...line.matchAll(/"(.*)"/g)].map(([, label = '']) => label))
    expect(labels).toHaveLength(3)
    for (const label of labels) {
      const bare = label.replaceAll(/<\/?b>|<br\/>|#\d+;/g, '')
      expect(bare).not.toMatch(/["#;<>&`\\{}[\]|%]/)
    }
    const decoded = labels.map((label) => label.replaceAll(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))))
    expect(decoded.join()).toContain('<br/>map x => `"${x}" \\n <b>#quot; [{(|end;` //--> %%{init: {}}%%,')
  })
})

describe('A graph for Graphviz', () => {
  it('has the stages, their inputs by name, and the colours of those that run', () => {
    expect(renderDot(graphOfStages(chain, running)).join('\n')).toMatchInlineSnapshot(`
      "digraph "made" {
        node [shape=box, style="rounded,filled", fillcolor=white, fontname=monospace]
        edge [fontname=monospace]
        s0 [label="lines\\lsource file book.txt\\l12.3k/s  busy 9 %\\l", fillcolor="#ffe0cc", color="#bc4c00", fontcolor="#4a1f00"]
        s1 [label="words ×2\\lflatMap line => line.split(' ')\\luse graphs.ts#graphOfStages\\l12.3k/s  busy 97 %\\l", fillcolor="#ffd7d9", color="#cf222e", fontcolor="#4d0a10"]
        s2 [label="counts\\lcountBy word => word\\ltopN 10 by row => row.count\\l"]
        s3 [label="report\\lsink stdout jsonl\\l"]
        s0 -> s1
        s1 -> s2
        s2 -> s3
      }"
    `)
    expect(renderDot(graphOfStages(web)).filter((line) => line.includes('label="left"'))).toEqual([
      '  s2 -> s4 [label="left"]',
    ])
  })

  it('escapes what would end a text, or stand for something in it', () => {
    const text = renderDot(nasty).join('\n')
    expect(text).toContain('digraph "di\\"a\\\\m<o>nd &amp;amp;" {')
    // What is left without the escaped signs are pairs of quotes.
    const rest = text.replaceAll(/\\["\\l]/g, '')
    expect(rest.split('"').length % 2).toBe(1)
    expect(rest.replaceAll(/"[^"]*"/g, '""')).toMatch(/^digraph "" \{[\sa-z0-9=,[\]>"-]*\}$/)
  })
})

describe('A graph as SVG', () => {
  it('has a box for each stage, a line for each input with its arrow and name, and colours for dark paper', () => {
    const text = renderSvg(graphOfStages(web)).join('\n')
    expect(text.split('<rect ')).toHaveLength(9)
    expect(text.split('marker-end="url(#arrow)"')).toHaveLength(11)
    for (const label of ['left', 'right', 'third', 'merge']) expect(text).toContain(`>${label}</text>`)
    expect(text).toContain('@media(prefers-color-scheme:dark)')
    expect(text).toContain('<title>made</title>')
  })

  it('colours what runs by how much it is held up', () => {
    const text = renderSvg(graphOfStages(chain, running)).join('\n')
    expect(text).toMatch(/<g class="full">\n<rect [^>]*>\n<text class="heading"[^>]*>words ×2</)
    expect(text).toContain('.full rect{fill:')
    expect(text).not.toContain('.free rect{')
  })

  it('is well formed, whatever is in the texts', () => {
    const text = renderSvg(nasty).join('\n')
    expect(text).toContain('<title>di&quot;a\\m&lt;o&gt;nd &amp;amp;</title>')
    expect(text).toContain('map x =&gt; `&quot;${x}&quot; \\n &lt;b&gt;#quot;')
    const tag = /<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<>]*")*)(\/?)>/g
    const open: string[] = []
    for (const [, close, name = '', , empty] of text.matchAll(tag)) {
      if (close === '/' && open.pop() !== name) throw new Error(`</${name}> ends another element`)
      if (close === '' && empty === '') open.push(name)
    }
    expect(open).toEqual([])
    const rest = text.replaceAll(tag, '')
    expect(rest).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot);)/)
  })
})
