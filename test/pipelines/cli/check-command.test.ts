import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type CheckOptions, checkCommand } from '../../../pipelines/cli/check-command.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder()

async function check(text: string, options: CheckOptions = {}) {
  const file = join(folder, 'p.yaml')
  writeFileSync(file, text)
  let stdout = ''
  let stderr = ''
  const exitCode = await checkCommand(file, options, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  })
  const named = (text: string): string => text.replaceAll(file, 'p.yaml')
  return { exitCode, stdout: named(stdout), stderr: named(stderr) }
}

const fine = 'stages: { a: { source: generate }, b: { from: a, actors: 2, sink: drop } }'
const wrong = 'stages:\n  a: { source: generat }\n  b: { from: [a, c], steps: [{ ix: debonce }], sink: drop }\n'

describe('flow check', () => {
  it('says that a document is fine, and what it has', async () => {
    expect(await check(fine)).toEqual({ exitCode: 0, stdout: 'p.yaml: ok (2 stages, 3 actors)\n', stderr: '' })
  })

  it('says all that is wrong, a line each with its place, and how much that is', async () => {
    const { exitCode, stdout, stderr } = await check(wrong)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^p\.yaml:2:\d+: .*'generate'/),
      expect.stringMatching(/^p\.yaml:3:\d+: .*'c'/),
      expect.stringMatching(/^p\.yaml:3:\d+: .*'debounce'/),
      '3 problems',
    ])
  })

  it('knows the operators of IxJS in a document that is fine otherwise', async () => {
    const withIx = (name: string): string => `stages: { a: { source: generate, steps: [{ ix: ${name} }], sink: drop } }`
    expect(await check(withIx('pairwise'))).toMatchObject({ exitCode: 0 })
    expect((await check(withIx('pairwize'))).stderr).toMatch(/'pairwise'[^\n]*\n1 problem\n$/)
  })

  it('answers with JSON when it is asked to', async () => {
    const ok = await check(fine, { json: true })
    expect(JSON.parse(ok.stdout)).toEqual({
      file: 'p.yaml',
      ok: true,
      pipeline: 'p',
      stages: [
        { name: 'a', actors: 1 },
        { name: 'b', actors: 2 },
      ],
      problems: [],
    })
    const not = await check(wrong, { json: true })
    expect(not).toMatchObject({ exitCode: 2, stderr: '' })
    expect(JSON.parse(not.stdout)).toMatchObject({ ok: false, problems: [{ file: 'p.yaml', line: 2 }, {}, {}] })
  })
})
