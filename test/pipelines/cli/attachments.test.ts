import { describe, expect, it, vi } from 'vitest'
import { attachmentsFor } from '../../../pipelines/cli/attachments.ts'

const view = 'none'

describe('What a run attaches to its actors', () => {
  it('is nothing, unless somebody asks for it', async () => {
    expect(await attachmentsFor({ view })).toEqual([])
  })

  it('is tracing and metrics, as the options say', async () => {
    const options = { trace: 'console', traceRatio: 0.5, metrics: 'otlp', stallAfter: 5_000, view } as const
    expect(await attachmentsFor(options)).toMatchObject([
      { options: { exporter: 'console', ratio: 0.5 } },
      { options: { exporter: 'otlp', stallAfterMs: 5_000 } },
    ])
  })

  it('is metrics, too, where the environment asks for them', async () => {
    vi.stubEnv('OTEL_METRICS_EXPORTER', 'prometheus')
    vi.stubEnv('OTEL_EXPORTER_PROMETHEUS_PORT', '9000')
    try {
      expect(await attachmentsFor({ view })).toMatchObject([{ options: { exporter: 'prometheus://localhost:9000' } }])
      // What is asked for in so many words goes first.
      expect(await attachmentsFor({ metrics: 'none', view })).toMatchObject([{ options: { exporter: 'none' } }])
    } finally {
      vi.unstubAllEnvs()
    }
  })
})
