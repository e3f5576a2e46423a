import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, runProgram } from './support/run-program.ts'

const page = readFileSync(join(root, 'docs/helpers.md'), 'utf8')
const programs = Array.from(page.matchAll(/^```ts\n([^]*?)^```\n\n```text\n([^]*?)^```$/gm), ([, code, output]) => ({
  heading:
    page
      .slice(0, page.indexOf(code ?? ''))
      .match(/^## .*$/gm)
      ?.at(-1) ?? '',
  code: code ?? '',
  output: output ?? '',
}))

// A package of its own, as a user's is, with this one installed.
const folder = mkdtempSync(join(tmpdir(), 'helpers-'))
beforeAll(() => {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/actorflow'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('docs/helpers.md', () => {
  it('has a program for each of its sections', () => {
    const sections = page.match(/^## .*$/gm)
    expect(programs.map(({ heading }) => heading)).toEqual(sections)
    expect(page.match(/^```ts$/gm)?.length).toBe(programs.length)
  })

  it.for(programs)('says what the program prints under: $heading', async ({ code, output }) => {
    const file = join(folder, 'program.ts')
    writeFileSync(file, code)
    expect(await runProgram(process.execPath, [file])).toEqual({
      stdout: output,
      stderr: '',
      exitCode: 0,
      leftBehind: [],
    })
  })
})
