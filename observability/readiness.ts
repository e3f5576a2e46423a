import type { ProgressReport, TreeVitals } from '../engine/index.ts'
import type { Page } from './http-pages.ts'

/**
 * Whether a program is ready, which means that its pipelines make progress: 200, or 503 with a line for each pipeline that
 * does not, and why. A program without pipelines is ready while it lives.
 */
export function readinessOf({ actors }: TreeVitals, stallAfterMs: number): Page {
  const reports = actors.flatMap(({ reports }) => reports).filter((report) => report.kind === 'progress')
  const problems = reports.map((report) => problemOf(report, stallAfterMs)).filter((problem) => problem !== undefined)
  if (problems.length > 0) return { status: 503, text: problems.map((problem) => `not ready: ${problem}\n`).join('') }
  return { status: 200, text: 'ready\n' }
}

function problemOf(report: ProgressReport, stallAfterMs: number): string | undefined {
  const { pipeline, isStarting, stalledMs, because } = report
  if (isStarting) return `pipeline '${pipeline}' is starting`
  if (stalledMs < stallAfterMs) return undefined
  return `pipeline '${pipeline}' has made no progress for ${Math.floor(stalledMs / 1_000)} s: ${because}`
}
