import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { tracing } from '../../observability/index.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('tracing', () => {
  it('names the module to attach, with all that it has to know', () => {
    const { url, options } = tracing({ exporter: 'console', ratio: 0.5, pipeline: 'word-count' })
    expect(url).toMatch(/^file:.*\/observability\/attach\.ts$/)
    expect(existsSync(fileURLToPath(url))).toBe(true)
    expect(options).toEqual({ exporter: 'console', ratio: 0.5, pipeline: 'word-count' })
  })

  it('takes from the environment what is left open', () => {
    vi.stubEnv('OTEL_TRACES_EXPORTER', 'console')
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'parentbased_traceidratio')
    vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', '0.25')
    expect(tracing({ pipeline: 'p' }).options).toEqual({ exporter: 'console', ratio: 0.25, pipeline: 'p' })
  })

  it('refuses what cannot be', () => {
    expect(() => tracing({ ratio: 2 })).toThrow(RangeError)
  })
})
