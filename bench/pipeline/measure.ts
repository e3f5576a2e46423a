// Runs a program, or a pipeline's file by `flow run`, on a table of orders, as somebody at a terminal would: the clock runs
// from before its process is there until all it wrote has been read. What it takes for a table of next to no rows is its start.
//
// measure.ts PROGRAM.ts|FILE.yaml [--work little|more] [--rows N]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { report } from '../work/figures.ts'
import { type Input, ordersInput } from './input.ts'
import type { Count, Work } from './orders.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { work: { type: 'string', default: 'little' }, rows: { type: 'string', default: '500000' } },
})
const work = values.work as Work
const program = join(import.meta.dirname, positionals[0] ?? '')
const startRounds = 3

async function run(input: Input): Promise<number> {
  const flow = fileURLToPath(import.meta.resolve('actorflow/package.json').replace('package.json', 'bin/flow.js'))
  const args = program.endsWith('.yaml') ? [flow, 'run', program] : [program, input.path, work]
  const began = performance.now()
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ORDERS: input.path },
  })
  const ended = once(child, 'close') as Promise<[number | null]>
  const output = await text(child.stdout)
  const [exitCode] = await ended
  const ms = performance.now() - began
  if (exitCode !== 0) throw new Error(`${positionals[0]} ended with ${exitCode}`)
  check(output, input.counts[work])
  return ms
}

function check(output: string, expected: Readonly<Record<string, number>>): void {
  const counts = output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Count]))
  const isRight =
    counts.length === Object.keys(expected).length && counts.every((each) => expected[each.key] === each.count)
  if (!isRight) throw new Error(`${positionals[0]} has counted wrongly`)
}

const rowCount = Number(values.rows)
const few = await ordersInput(10)
const starts: number[] = []
for (let round = 0; round < startRounds; round += 1) starts.push(await run(few))
const startMs = Math.min(...starts)
const ms = await run(await ordersInput(rowCount))
report({
  rowsPerSecond: (rowCount * 1000) / ms,
  steadyRowsPerSecond: (rowCount * 1000) / (ms - startMs),
  startMs,
})
