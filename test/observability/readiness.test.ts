import { describe, expect, it } from 'vitest'
import type { ProgressReport } from '../../engine/index.ts'
import { readinessOf } from '../../observability/readiness.ts'
import { vitalsOf } from './attachment.ts'

function readiness(...reports: Partial<ProgressReport>[]) {
  const progress = { kind: 'progress', pipeline: 'count', stalledMs: 0, because: 'x', isStarting: false } as const
  const root = vitalsOf('flow', { reports: reports.map((report) => ({ ...progress, ...report })) })
  return readinessOf({ actors: [root, vitalsOf('lines#1')], silent: [] }, 30_000)
}

describe('Readiness', () => {
  it('is progress', () => {
    expect(readiness({ stalledMs: 29_999 })).toEqual({ status: 200, text: 'ready\n' })
    expect(readiness({ stalledMs: 31_200, because: 'words#1 waits for lines' })).toEqual({
      status: 503,
      text: "not ready: pipeline 'count' has made no progress for 31 s: words#1 waits for lines\n",
    })
  })

  it('is not there while a pipeline starts', () => {
    expect(readiness({ isStarting: true })).toEqual({ status: 503, text: "not ready: pipeline 'count' is starting\n" })
  })

  it('is that of each pipeline of the program', () => {
    const { status, text } = readiness({ pipeline: 'a', stalledMs: 60_000 }, {}, { pipeline: 'c', isStarting: true })
    expect(status).toBe(503)
    expect(text.match(/pipeline '.'/g)).toEqual(["pipeline 'a'", "pipeline 'c'"])
  })

  it('is that it lives, for a program without pipelines', () => {
    expect(readiness().status).toBe(200)
  })
})
