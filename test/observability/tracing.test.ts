import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { attach } from '../../observability/attach.ts'
import { tracing } from '../../observability/index.ts'
import { attachmentTo } from './attachment.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('tracing', () => {
  it('names the module to attach, with all that it has to know', () => {
    const { url, options } = tracing({ exporter: 'console', ratio: 0.5 })
    expect(url).toMatch(/^file:.*\/observability\/attach\.ts$/)
    expect(existsSync(fileURLToPath(url))).toBe(true)
    expect(options).toEqual({ exporter: 'console', ratio: 0.5 })
  })

  it('takes from the environment what is left open', () => {
    vi.stubEnv('OTEL_TRACES_EXPORTER', 'console')
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'parentbased_traceidratio')
    vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', '0.25')
    expect(tracing({ errors: true }).options).toEqual({ exporter: 'console', ratio: 0.25, errors: true })
  })

  it('leaves it to the root to say which variable is ignored', async () => {
    vi.stubEnv('OTEL_TRACES_EXPORTER', 'none')
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'often')
    const { options } = tracing()
    const said: string[] = []
    const notice = (level: string, text: string) => void said.push(`${level} ${text}`)
    await attach(attachmentTo('words', { notice }), options)
    expect(said).toEqual([])
    await attach(attachmentTo('main', { notice, isRoot: true }), options)
    expect(said).toEqual([expect.stringMatching(/^warn tracing: OTEL_TRACES_SAMPLER 'often' is ignored/)])
  })

  it('refuses what cannot be', () => {
    expect(() => tracing({ ratio: 2 })).toThrow(RangeError)
  })
})
