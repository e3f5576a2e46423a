import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { resolveSupervision } from '../engine/supervision.ts'
import { defaultGraces, type Graces, gracesBelow } from '../engine/tree.ts'
import { root, runProgram } from './support/run-program.ts'

const page = readFileSync(join(root, 'docs/supervision.md'), 'utf8')
const blocks = page.matchAll(/^```ts\n(?<code>[^]*?)^```\n\n```text\n(?<output>[^]*?)^```$/gm)
const programs = Array.from(blocks, ({ index, groups }) => ({
  heading:
    page
      .slice(0, index)
      .match(/^## .*$/gm)
      ?.at(-1) ?? '',
  code: groups?.['code'] ?? '',
  output: groups?.['output'] ?? '',
}))

const folder = mkdtempSync(join(tmpdir(), 'supervision-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('docs/supervision.md', () => {
  it('shows nothing but complete programs', () => {
    expect(programs.length).toBeGreaterThan(5)
    expect(page.match(/^```ts$/gm)?.length).toBe(programs.length)
  })

  it.for(programs)('says what the program prints under: $heading', async ({ code, output }) => {
    const file = join(folder, 'program.ts')
    writeFileSync(file, code.replaceAll("'actorflow'", JSON.stringify(join(root, 'index.ts'))))
    const { stdout, exitCode, leftBehind } = await runProgram(process.execPath, [file])
    expect({ stdout, exitCode, leftBehind }).toEqual({ stdout: output, exitCode: 0, leftBehind: expect.any(Array) })
    expect(leftBehind.filter((name) => !name.startsWith('half-done'))).toEqual([])
  })

  it('has the defaults of the options', () => {
    const { budget, strategy, restart } = resolveSupervision({})
    expect(page).toContain(`\`${strategy}\` by default`)
    expect(page).toContain(`\`${restart}\` (the default)`)
    expect(page).toContain(
      `no more than ${budget.maxRestarts} restarts within ${budget.withinMs.toLocaleString('en')} ms`,
    )
    const waits = Array.from({ length: 2 }, () => budget.take(0))
    expect(page).toContain(`initialMs: ${waits[0]}, factor: ${(waits[1] ?? 0) / (waits[0] ?? 1)}`)
  })

  it('has the graces of each level', () => {
    const rows = Array.from(
      page.matchAll(/^\| (?:the root|these) .*\| (\d+) \| (\d+) \|$/gm),
      ([, cancel, terminate]) => ({
        cancelGraceMs: Number(cancel),
        terminateGraceMs: Number(terminate),
      }),
    )
    const levels: Graces[] = [defaultGraces]
    while (levels.length < rows.length) levels.push(gracesBelow(levels.at(-1) as Graces))
    expect(rows).toEqual(levels)
    expect(rows).toHaveLength(3)
  })
})
