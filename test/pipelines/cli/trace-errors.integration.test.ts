import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { startFlow } from './flow-process.ts'

const folder = temporaryFolder()

writeFileSync(
  join(folder, 'checks.ts'),
  [
    'function check(n: number): number {',
    "  if (n === 333) throw new RangeError('three of them')",
    '  return n',
    '}',
    'export async function* checkAll(input: AsyncIterable<number>) {',
    '  for await (const n of input) yield check(n)',
    '}',
    'export async function takeAll(input: AsyncIterable<number>) {',
    '  for await (const n of input) check(n)',
    '}',
    'export const checked = check',
    'export const checkedLater = async (n: number) => check(n)',
    '',
  ].join('\n'),
)

const drop = '{ from: checked, sink: drop }'
const useAll = '{ use: ./checks.ts#checkAll }'

describe('flow run --trace-errors', () => {
  it.each([
    ['a step of the user', `{ from: numbers, steps: [${useAll}] }`, drop],
    ['an async step', `{ from: numbers, steps: [{ map: ./checks.ts#checkedLater }] }`, drop],
    ['a step of the user behind a map', `{ from: numbers, steps: [{ map: n => n }, ${useAll}] }`, drop],
    ['a sink', '{ from: numbers }', '{ from: checked, sink: { use: ./checks.ts#takeAll } }'],
    ['a map', '{ from: numbers, steps: [{ map: n => n }, { map: ./checks.ts#checked }] }', drop],
    ['a map behind a filter', '{ from: numbers, steps: [{ filter: n => n > 9 }, { map: ./checks.ts#checked }] }', drop],
  ])('says which item failed in %s', async (_what, checked, report) => {
    const process = await failedSpan({ checked, report })
    expect(process.attributes).toMatchObject({ 'actorflow.item.number': 333, 'error.type': 'RangeError' })
  })
})

interface Span {
  readonly name: string
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Runs a pipeline in which one item fails, and none is sampled. */
async function failedSpan({ checked, report }: { checked: string; report: string }): Promise<Span> {
  const stages = ['numbers: { source: { generate: { count: 1000 } } }', `checked: ${checked}`, `report: ${report}`]
  writeFileSync(join(folder, 'failing.yaml'), ['stages:', ...stages.map((stage) => `  ${stage}`), ''].join('\n'))
  const args = ['run', 'failing.yaml', '--trace', 'console', '--trace-ratio', '0', '--trace-errors', '--view', 'none']
  await using run = startFlow(args, folder)
  const { exitCode, stderr } = await run.ended()
  expect(exitCode).toBe(1)
  const spans = stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Span)
  const processed = spans.filter(({ name }) => name.startsWith('process '))
  expect(processed).toHaveLength(1)
  return processed[0] as Span
}
