import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type PlanOptions, planFile, planObject, planText } from '../../pipelines/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()
writeFileSync(join(folder, 'mine.ts'), 'export const pass = (input: unknown) => input\n')

function plan(lines: string[], options: PlanOptions = {}) {
  return planText(lines.join('\n'), join(folder, 'p.yaml'), { environment: {}, requireSinks: false, ...options })
}

describe('A plan', () => {
  it('has every stage after those that it reads, with who reads it', () => {
    const made = plan([
      'stages:',
      '  report: { from: [b, a], sink: drop }',
      '  b: { from: a }',
      '  a: { source: generate }',
    ])
    expect(made.stages.map(({ name, consumers }) => [name, consumers])).toEqual([
      ['a', ['report', 'b']],
      ['b', ['report']],
      ['report', []],
    ])
    expect(made.stages[2]?.inputs).toEqual([{ stage: 'b' }, { stage: 'a' }])
  })

  it('is plain data that JSON carries', () => {
    const made = plan([
      'stages:',
      '  a:',
      '    source: generate',
      '    steps:',
      '      - map: x => x',
      '    sink: stdout',
    ])
    expect(JSON.parse(JSON.stringify(made))).toEqual(made)
  })

  it('has the name of the pipeline, or of its file', () => {
    const stages = '{ a: { source: generate } }'
    expect(plan(['pipeline: ${WHICH:-some} name', `stages: ${stages}`]).name).toBe('some name')
    expect(plan([`stages: ${stages}`]).name).toBe('p')
  })

  it('has how the traces of a stage are connected, where the document says so', () => {
    const made = plan(['stages:', '  a: { source: generate, trace: { correlate: link } }', '  b: { from: a }'])
    expect(made.stages.map((stage) => stage.trace)).toEqual([{ correlate: 'link' }, undefined])
  })

  it('has inputs by name, and which merge step an input flows into', () => {
    const made = plan([
      'stages:',
      '  a: { source: generate }',
      '  b: { source: generate }',
      '  join: { from: { left: a, right: b }, steps: [{ use: ./mine.ts#pass, with: { on: id } }] }',
      '  late: { from: a, steps: [{ take: 1 }, { merge: b }] }',
    ])
    expect(made.stages.find((stage) => stage.name === 'join')?.inputs).toEqual([
      { stage: 'a', as: 'left' },
      { stage: 'b', as: 'right' },
    ])
    const late = made.stages.find((stage) => stage.name === 'late')
    expect(late?.inputs).toEqual([{ stage: 'a' }, { stage: 'b', step: 1 }])
    expect(late?.steps[1]).toMatchObject({ kind: 'merge', stages: ['b'] })
  })

  it('has absolute paths and URLs, and defaults filled in', () => {
    const made = plan([
      'stages:',
      '  a: { source: { file: { path: data/*.csv } }, sink: stdout }',
      '  b: { source: ./mine.ts#pass, actors: 3, sink: { use: ./mine.ts#pass, with: [1] } }',
    ])
    const file = join(folder, 'p.yaml')
    expect(made.directory).toBe(folder)
    expect(made.stages[0]?.source).toEqual({
      kind: 'builtin',
      name: 'file',
      options: { path: join(folder, 'data/*.csv') },
      location: `${file}:2:18`,
    })
    expect(made.stages[0]?.sink).toMatchObject({ name: 'stdout', options: { format: 'jsonl', limit: 1000 } })
    const url = pathToFileURL(join(folder, 'mine.ts')).href
    expect(made.stages[1]).toMatchObject({
      actors: 3,
      source: { kind: 'module', url, export: 'pass', with: {} },
      sink: { kind: 'module', url, export: 'pass', with: [1] },
    })
  })

  it('substitutes variables, but not in functions', () => {
    const environment = { N: '3', RATE: '2.5', TEXT: 'x' }
    const made = plan(
      [
        'stages:',
        '  a:',
        '    source: { generate: { count: "${N}", rateHz: "${RATE}", item: "i => `${i}`" } }',
        '    steps:',
        '      - map: x => `${x}`',
        '      - take: ${N}',
        '      - use: ./mine.ts#pass',
        '        with:',
        '          bare: ${N}',
        '          quoted: "${N}"',
        '          escaped: $${N}',
        '          list: ["${TEXT}"]',
      ],
      { environment },
    )
    const [map, take, use] = made.stages[0]?.steps ?? []
    expect(made.stages[0]?.source).toMatchObject({ options: { count: 3, rateHz: 2.5, item: { text: 'i => `${i}`' } } })
    expect(map).toMatchObject({ fn: { kind: 'inline', text: 'x => `${x}`', line: 5, column: 14 } })
    expect(take).toMatchObject({ count: 3 })
    expect(use).toMatchObject({ with: { bare: 3, quoted: '3', escaped: '${N}', list: ['x'] } })
  })

  it('knows every step', () => {
    const fn = { kind: 'inline', text: 'x => x' }
    const made = planObject(
      {
        stages: {
          a: {
            source: 'stdin',
            steps: [
              { filter: 'x => x' },
              { flatMap: './mine.ts#pass' },
              { skip: 2 },
              'distinct',
              { distinct: 'x => x' },
              { batch: 5 },
              { scan: { fn: 'x => x', initial: null } },
              { reduce: { fn: 'x => x', initial: [] } },
              { countBy: 'x => x' },
              'sum',
              { sum: 'x => x' },
              { topN: { count: 3 } },
              { topN: { count: 3, by: 'x => x' } },
              { ix: 'scan', with: [{ callback: 'x => x', seed: 1 }, 2] },
            ],
          },
        },
      },
      { directory: folder, requireSinks: false },
    )
    expect(made.stages[0]?.steps).toMatchObject([
      { kind: 'filter', fn, location: 'stages.a.steps[0].filter' },
      { kind: 'flatMap', fn: { kind: 'module', export: 'pass' } },
      { kind: 'skip', count: 2 },
      { kind: 'distinct' },
      { kind: 'distinct', by: fn },
      { kind: 'batch', count: 5 },
      { kind: 'scan', fn, initial: null },
      { kind: 'reduce', fn, initial: [] },
      { kind: 'countBy', by: fn },
      { kind: 'sum' },
      { kind: 'sum', of: fn },
      { kind: 'topN', count: 3 },
      { kind: 'topN', count: 3, by: fn },
      { kind: 'ix', name: 'scan', args: [{ callback: null, seed: 1 }, 2], functions: [{ path: [0, 'callback'], fn }] },
    ])
  })

  it('can be made of an alias', () => {
    const made = plan(['stages:', '  a: { source: generate, steps: &s [{ take: 1 }] }', '  b: { from: a, steps: *s }'])
    expect(made.stages[1]?.steps).toMatchObject([{ kind: 'take', count: 1 }])
  })

  it('can be made of JSON in a file', async () => {
    const file = join(folder, 'p.json')
    writeFileSync(file, JSON.stringify({ pipeline: 'j', stages: { a: { source: 'stdin', sink: 'drop' } } }))
    expect(await planFile(file)).toMatchObject({ name: 'j', file, directory: folder })
  })
})
