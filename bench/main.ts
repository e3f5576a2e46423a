// Measures Actorflow beside its rivals and beside what can be written by hand.
//
// npm run bench -- [--only NAME,NAME] [--rounds N] [--list]
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { drawChart } from './harness/chart.ts'
import { writePage } from './harness/page.ts'
import { resultOf, saveResults } from './harness/results.ts'
import { judge, playRounds } from './harness/rounds.ts'
import { formatNumber, formatWorkload } from './harness/table.ts'
import type { Workload } from './harness/workload.ts'
import { workloads } from './workloads/all.ts'

const leastRounds = 5

function chosen(only: string | undefined): readonly Workload[] {
  if (only === undefined) return workloads
  return only.split(',').map((name) => {
    const workload = workloads.find((each) => each.name === name)
    if (workload === undefined) {
      throw new Error(`there is no workload '${name}': write one of ${workloads.map((each) => each.name).join(', ')}`)
    }
    return workload
  })
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, rounds: { type: 'string' }, list: { type: 'boolean' } },
  })
  if (values.list === true) {
    for (const { name, title } of workloads) console.log(`${name.padEnd(20)} ${title}`)
    return
  }
  const rounds = Number(values.rounds ?? leastRounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds must be a whole number, not ${values.rounds}`)
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort(new Error('stopped')))
  for (const workload of chosen(values.only)) {
    await measure(workload, rounds, stopping.signal)
  }
}

async function measure(workload: Workload, count: number, signal: AbortSignal): Promise<void> {
  const [main] = Object.keys(workload.figures) as [string]
  const rounds = await playRounds(workload, {
    rounds: count,
    signal,
    onRun: (contender, round, figures) => {
      process.stderr.write(`${workload.name} ${round}/${count} ${contender}: ${formatNumber(figures[main] ?? NaN)}\n`)
    },
  })
  console.log(formatWorkload(workload, rounds, judge(workload, rounds)))
  // Fewer rounds are a look, and no result.
  if (count < leastRounds) return
  const results = await saveResults(
    [resultOf(workload, rounds)],
    workloads.map(({ name }) => name),
  )
  await writeFile(join(import.meta.dirname, 'chart.svg'), await drawChart(results))
  await writeFile(join(import.meta.dirname, 'results.md'), writePage(results))
}

try {
  await main()
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
