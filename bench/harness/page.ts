import type { Results, WorkloadResult } from './results.ts'
import { formatNumber, formatVerdict } from './table.ts'

/** All results as a page of Markdown. */
export function writePage({ machine, workloads }: Results): string {
  const { cpu, cpuCount, platform, node } = machine
  return [
    '# What was measured',
    '',
    `Made by \`npm run bench\` on ${cpuCount} × ${cpu}, ${platform}, Node ${node}. Medians of the rounds; the last column is the`,
    'median of the ratios within each round, or start. Below it, in brackets, is between what that would lie after rounds without end:',
    'in 95 of 100 cases, and in 94 of five rounds. What a workload is, and how its contenders go about it:',
    '[the model](../docs/performance.md).',
    '',
    ...workloads.flatMap(sectionOf),
  ].join('\n')
}

function sectionOf({ name, title, figures, baseline, contenders, bars, rounds, starts }: WorkloadResult): string[] {
  const columns = Object.entries(figures)
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    `## ${name}`,
    '',
    `${title[0]?.toUpperCase()}${title.slice(1)}; ${rounds} rounds${(starts ?? 1) === 1 ? '' : ` of ${starts} starts`}.`,
    '',
    row(['', ...columns.map(([figure, unit]) => `${figure}, ${unit}`), `of ${baseline}`]),
    row(['---', ...columns.map(() => '--:'), '--:']),
    ...contenders.map((contender) =>
      row([
        contender.name,
        ...columns.map(([figure]) => formatNumber(contender.figures[figure]?.median ?? Number.NaN)),
        formatNumber(contender.ratio),
      ]),
    ),
    '',
    ...bars.map((bar) => `- ${formatVerdict({ ...bar, bar })}`),
    ...(bars.length > 0 ? [''] : []),
  ]
}
