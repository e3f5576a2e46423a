import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { planText } from '../pipelines/index.ts'
import { root, runProgram } from './support/run-program.ts'

const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The blocks of code of that language. */
function blocksOf(language: string): string[] {
  return Array.from(readme.matchAll(/^```(\w+)\n([^]*?)^```$/gm), ([, name, code]) => [name, code ?? ''] as const)
    .filter(([name]) => name === language)
    .map(([, code]) => code)
}

const commands = blocksOf('sh').flatMap((block) => block.trimEnd().split('\n'))

describe('The README', () => {
  it('begins with the two commands that do everything', () => {
    expect(commands.slice(0, 2)).toEqual([
      'npm ci && npx flow run examples/weather/pipeline.yaml',
      'npm ci && npm test',
    ])
  })

  it('shows examples/hello.ts', () => {
    expect(blocksOf('ts')).toEqual([readFileSync(join(root, 'examples/hello.ts'), 'utf8')])
  })

  it('shows a document that is right', () => {
    const [document = '', ...others] = blocksOf('yaml')
    const plan = planText(document, 'README.md', { directory: join(root, 'examples/word-count'), environment: {} })
    expect(plan.stages.map(({ name, actors }) => ({ name, actors }))).toEqual([
      { name: 'lines', actors: 1 },
      { name: 'words', actors: 2 },
      { name: 'counts', actors: 1 },
    ])
    expect(others).toEqual([])
  })

  // `npm ci` is how the clone came to run this, and `npm test` is what runs it.
  const runnable = commands.map((command) => command.replace('npm ci && ', '')).filter((each) => each !== 'npm test')
  it.for(runnable)('shows a command that works: %s', async (command) => {
    const ending = await runProgram('sh', ['-c', command])
    expect(ending).toEqual({ ...ending, exitCode: 0, leftBehind: [] })
    expect(ending.stdout + ending.stderr).not.toBe('')
  })

  it('lists every command that it shows, and its tables no other', () => {
    const listed = Array.from(readme.matchAll(/^\| `npx flow (--)?(\w+)/gm), ([, , name]) => name)
    expect(listed).toEqual([
      'run',
      'trace',
      'check',
      'graph',
      'top',
      'dump',
      'actor',
      'ps',
      'call',
      'stream',
      'stop',
      'log',
      'help',
    ])
  })
})

describe('The documentation', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md', { cwd: root })]

  it.for(pages)('has no link in %s that leads nowhere', (page) => {
    const text = readFileSync(join(root, page), 'utf8')
    const links = Array.from(text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g), ([, link]) => link ?? '')
    const local = links.filter((link) => !/^[a-z]+:/.test(link))
    expect(local.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([])
  })
})
