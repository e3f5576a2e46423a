import { type Rounds, ratioOf, type Verdict } from './rounds.ts'
import { median } from './statistics.ts'
import type { Workload } from './workload.ts'

/** What a workload came to, for a terminal: medians, and the ratio to the baseline. */
export function formatWorkload(workload: Workload, rounds: Rounds, verdicts: readonly Verdict[]): string {
  const figures = Object.entries(workload.figures)
  const header = ['', ...figures.map(([name, unit]) => `${name} (${unit})`), `of ${workload.baseline}`]
  const main = figures[0]?.[0] as string
  const rows = workload.contenders.map(({ name }) => [
    name,
    ...figures.map(([figure]) => formatNumber(median((rounds.get(name) ?? []).map((each) => each[figure] ?? NaN)))),
    formatNumber(ratioOf(rounds, name, workload.baseline, main)),
  ])
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const lines = [header, ...rows].map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
  return [`## ${workload.name}: ${workload.title}`, '', ...lines, '', ...verdicts.map(formatVerdict), ''].join('\n')
}

/** Whether a bar was reached, in words, and whether more rounds might say otherwise. */
export function formatVerdict({ bar, value, low, high, met }: Verdict): string {
  const what = [bar.of, ...(bar.figure === undefined ? [] : [`(${bar.figure})`])].join(' ')
  const limit = bar.atLeast === undefined ? `at most ${bar.atMost}` : `at least ${bar.atLeast}`
  const of = bar.to === undefined ? '' : ` of ${bar.to}${bar.toFigure === undefined ? '' : ` (${bar.toFigure})`}`
  const wanted = bar.atLeast ?? bar.atMost ?? NaN
  const doubt = low < wanted && wanted < high ? ', by less than the noise' : ''
  const range = `${formatNumber(low)} to ${formatNumber(high)}`
  return `${met ? 'reached' : 'MISSED'}${doubt}: ${what}: ${formatNumber(value)}${of} (${range}), wanted ${limit}`
}

export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const digits = Math.abs(value) >= 100 ? 0 : 3 - Math.ceil(Math.log10(Math.abs(value) + Number.EPSILON) + 1e-9)
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(Math.max(digits, 0), 4) })
}
