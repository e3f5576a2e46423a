import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { judge, type Rounds, ratioOf, type Verdict } from './rounds.ts'
import { median } from './statistics.ts'
import type { Bar, Workload } from './workload.ts'

const path = join(import.meta.dirname, '../results.json')

export interface ContenderResult {
  readonly name: string
  /** Of the first figure, to the baseline. */
  readonly ratio: number
  readonly figures: Readonly<Record<string, { readonly median: number; readonly min: number; readonly max: number }>>
}

export interface WorkloadResult {
  readonly name: string
  readonly title: string
  readonly baseline: string
  readonly figures: Workload['figures']
  readonly rounds: number
  /** How often each contender was started in a round, where they take turns. */
  readonly starts?: number
  readonly contenders: readonly ContenderResult[]
  readonly bars: readonly (Bar & Omit<Verdict, 'bar'>)[]
}

export interface Results {
  /** What the figures hold for; only their ratios mean anything elsewhere. */
  readonly machine: {
    readonly cpuCount: number
    readonly cpu: string
    readonly platform: string
    readonly node: string
  }
  readonly workloads: readonly WorkloadResult[]
}

export function resultOf(workload: Workload, rounds: Rounds): WorkloadResult {
  const { name, title, baseline, figures } = workload
  const main = Object.keys(figures)[0] as string
  const contenders = workload.contenders.map((contender) => {
    const all = rounds.get(contender.name) ?? []
    const of = (figure: string) => {
      const values = all.map((each) => each[figure] ?? NaN)
      return { median: short(median(values)), min: short(Math.min(...values)), max: short(Math.max(...values)) }
    }
    return {
      name: contender.name,
      ratio: short(ratioOf(rounds, contender.name, baseline, main)),
      figures: Object.fromEntries(Object.keys(all[0] ?? {}).map((figure) => [figure, of(figure)])),
    }
  })
  const bars = judge(workload, rounds).map(({ bar, value, ...rest }) => ({ ...bar, value: short(value), ...rest }))
  const measured = rounds.get(baseline)?.length ?? 0
  const starts = workload.inTurns?.starts
  const count = starts === undefined ? { rounds: measured } : { rounds: measured / starts, starts }
  return { name, title, baseline, figures, ...count, contenders, bars }
}

const short = (value: number): number => Number(value.toPrecision(4))

/** Enters what was measured into `results.json`; workloads that were not measured this time stay as they were. */
export async function saveResults(measured: readonly WorkloadResult[], order: readonly string[]): Promise<Results> {
  const before = await readResults()
  const kept = before.filter(({ name }) => order.includes(name) && !measured.some((each) => each.name === name))
  const workloads = [...kept, ...measured].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  const machine = {
    cpuCount: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  }
  const results = { machine, workloads }
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`)
  return results
}

async function readResults(): Promise<readonly WorkloadResult[]> {
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as Results).workloads
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
