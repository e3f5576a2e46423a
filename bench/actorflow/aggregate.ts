// examples/aggregate.ts as it is: two streamers and an aggregator, how long it takes in all, and without its start, which is
// what it takes with a single value.
//
// aggregate.ts --count N
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { median } from '../harness/statistics.ts'
import { report } from '../work/figures.ts'

const { values } = parseArgs({ options: { count: { type: 'string', default: '1000' } } })
const example = join(import.meta.dirname, '../../examples/aggregate.ts')
const runs = 3

/** What the example says that it took. Milliseconds. */
async function aggregate(count: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [example, String(count)])
  const [said, ms] = /^(?:.*), in (\d+) ms\n$/.exec(stdout) ?? []
  const right = `${count} values, their sum ${(count * (count - 1)) / 2}, in `
  if (said === undefined || !said.startsWith(right)) throw new Error(`it said '${stdout}', not '${right}…'`)
  return Number(ms)
}

const starts: number[] = []
const totals: number[] = []
for (let i = 0; i < runs; i += 1) {
  starts.push(await aggregate(1))
  totals.push(await aggregate(Number(values.count)))
}
const totalMs = median(totals)
report({ totalMs, flowMs: totalMs - median(starts) })
