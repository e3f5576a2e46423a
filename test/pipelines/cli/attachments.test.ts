import { describe, expect, it, vi } from 'vitest'
import { attachmentsFor } from '../../../pipelines/cli/attachments.ts'

const view = 'none'

describe('What a run attaches to its actors', () => {
  it('is nothing, unless somebody asks for it', async () => {
    expect(await attachmentsFor('count', { view })).toEqual([])
  })

  it('is tracing and metrics, under the name of the pipeline', async () => {
    const options = { trace: 'console', traceRatio: 0.5, metrics: 'otlp', stallAfter: 5_000, view } as const
    expect(await attachmentsFor('count', options)).toMatchObject([
      { options: { exporter: 'console', ratio: 0.5, pipeline: 'count' } },
      { options: { exporter: 'otlp', stallAfterMs: 5_000, pipeline: 'count' } },
    ])
  })

  it('is metrics, too, where the environment asks for them', async () => {
    vi.stubEnv('OTEL_METRICS_EXPORTER', 'prometheus')
    vi.stubEnv('OTEL_EXPORTER_PROMETHEUS_PORT', '9000')
    try {
      expect(await attachmentsFor('count', { view })).toMatchObject([
        { options: { exporter: 'prometheus://localhost:9000', pipeline: 'count' } },
      ])
      // What is asked for in so many words goes first.
      expect(await attachmentsFor('count', { metrics: 'none', view })).toMatchObject([
        { options: { exporter: 'none' } },
      ])
    } finally {
      vi.unstubAllEnvs()
    }
  })
})
