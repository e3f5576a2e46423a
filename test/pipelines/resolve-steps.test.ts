import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadFunction, planText, resolveSteps, type UserFunction } from '../../pipelines/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()
const module = pathToFileURL(join(folder, 'mine.mjs')).href
writeFileSync(join(folder, 'mine.mjs'), 'export const double = (n) => 2 * n\nexport const half = 0.5\n')
writeFileSync(join(folder, 'broken.mjs'), "throw new RangeError('not today')\n")

async function stepsOf(...lines: string[]) {
  const text = ['stages:', '  a:', '    source: stdin', '    sink: drop', '    steps:', ...lines].join('\n')
  return resolveSteps(planText(text, join(folder, 'p.yaml')).stages[0]?.steps ?? [])
}

describe('Resolving the steps of a stage', () => {
  it('loads inline functions and exports of modules', async () => {
    const [map, use, ix] = await stepsOf(
      '      - map: n => n + 1',
      '      - { use: "./mine.mjs#double", with: { x: 1 } }',
      '      - { ix: scan, with: [{ callback: "(a, b) => a + b", seed: 1 }] }',
    )
    expect(map?.kind === 'map' && map.fn(1)).toBe(2)
    expect(use?.kind === 'use' && [use.fn(4), use.with]).toEqual([8, { x: 1 }])
    const [options] = (ix?.kind === 'ix' ? ix.args : []) as [{ callback: UserFunction; seed: number }]
    expect([options.callback(1, 2), options.seed]).toEqual([3, 1])
  })

  it.each([
    ['on one line', ['      - map: x => x.a.b'], ':6:23'],
    ['in quotes', ['      - map: "x => x.a.b"'], ':6:24'],
    ['on lines of its own', ['      - map: |', '          x => {', '            return x.a.b', '          }'], ':8:'],
  ])('makes stack traces point into the document for a function %s', async (_title, lines, place) => {
    const [step] = await stepsOf(...lines)
    let stack = ''
    try {
      if (step?.kind === 'map') step.fn({})
    } catch (error) {
      stack = (error as Error).stack ?? ''
    }
    expect(stack).toContain(`${join(folder, 'p.yaml')}${place}`)
  })

  it('compiles functions in strict mode', async () => {
    const [step] = await stepsOf('      - map: x => { misspelt = x }')
    expect(() => step?.kind === 'map' && step.fn(1)).toThrow(ReferenceError)
  })
})

describe('Loading a function', () => {
  const location = 'p.yaml:3:4'
  const plan = (url: string, name: string) => ({ kind: 'module', url, export: name, location }) as const

  it('names the export that was meant when there is none of the name', async () => {
    const loading = loadFunction(plan(module, 'duoble'))
    const path = join(folder, 'mine.mjs')
    await expect(loading).rejects.toThrow(
      `p.yaml:3:4: ${path} has no export 'duoble': did you mean 'double'? (known: double, half)`,
    )
  })

  it('refuses an export that is no function', async () => {
    await expect(loadFunction(plan(module, 'half'))).rejects.toThrow(
      /^p\.yaml:3:4: 'half' of .* is no function but a number$/,
    )
  })

  it('tells why and where a module cannot be loaded', async () => {
    const broken = pathToFileURL(join(folder, 'broken.mjs')).href
    await expect(loadFunction(plan(broken, 'x'))).rejects.toThrow(
      /cannot be loaded: RangeError: not today, at .*broken\.mjs:1:\d+$/,
    )
  })

  it('refuses inline text that is no function once it is evaluated', async () => {
    const inline = { kind: 'inline', text: '(1, "=>")', script: 'p.yaml', line: 3, column: 4, location } as const
    await expect(loadFunction(inline)).rejects.toThrow('p.yaml:3:4: this is no function but a string')
  })
})
