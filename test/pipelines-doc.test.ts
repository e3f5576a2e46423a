import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { planText, sinks, sources, steps } from '../pipelines/index.ts'
import { temporaryFolder } from './pipelines/temporary-folder.ts'

const page = readFileSync(join(import.meta.dirname, '../docs/pipelines.md'), 'utf8')
const snippets = Array.from(page.matchAll(/^```yaml\n([^]*?)^```$/gm), ([, code]) => code ?? '')

const folder = temporaryFolder()
mkdirSync(join(folder, 'out'))
for (const file of ['feed', 'store', 'clean', 'rows']) writeFileSync(join(folder, `${file}.ts`), '')

/** The whole document that a piece of one stands for. */
function documentOf(snippet: string): string {
  if (snippet.startsWith('pipeline:')) return snippet
  if (snippet.startsWith('source:')) return inStage(snippet)
  if (snippet.startsWith('sink:')) return inStage(`source: generate\n${snippet}`)
  if (snippet.startsWith('steps:')) return inStage(`source: generate\n${snippet}`)
  return inStage(`source: generate\nsteps:\n${indented(snippet)}`)
}

function inStage(text: string): string {
  return `stages:\n  it:\n${indented(indented(text))}`
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}

describe('docs/pipelines.md', () => {
  const inputs = /^from:/m
  it.for(snippets.filter((snippet) => !inputs.test(snippet)))('shows what is right: %s', (snippet) => {
    const check = () => planText(documentOf(snippet), 'page.md', { directory: folder, requireSinks: false })
    expect(check).not.toThrow()
  })

  it('shows each form of from', () => {
    const forms = snippets.filter((snippet) => inputs.test(snippet)).flatMap((snippet) => snippet.trimEnd().split('\n'))
    expect(forms).toHaveLength(3)
    for (const form of forms) {
      const others = ['lines', 'spring', 'autumn', 'a', 'b'].map((name) => `  ${name}: { source: generate }`)
      const stage = indented(indented(`${form}\nsteps: [{ use: ./clean.ts#join }]`))
      const check = () =>
        planText(['stages:', ...others, '  it:', stage].join('\n'), 'page.md', {
          directory: folder,
          requireSinks: false,
        })
      expect(check).not.toThrow()
    }
  })

  it('has every source, sink and step', () => {
    const named = Array.from(page.matchAll(/^(?:\*\*(\w+)\*\*|\| `(\w+)` \|)/gm), ([, bold, cell]) => bold ?? cell)
    expect(named).toEqual(expect.arrayContaining([...Object.keys(sources), ...Object.keys(sinks)]))
    expect(named).toEqual(expect.arrayContaining([...Object.keys(steps), 'use', 'ix']))
  })

  it('says that a document is trusted code', () => {
    expect(page).toMatch(/A pipeline file is code that you trust/)
  })
})
