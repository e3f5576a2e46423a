import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { startFlow } from './flow-process.ts'

const folder = temporaryFolder()

writeFileSync(
  join(folder, 'few.yaml'),
  `
pipeline: few
stages:
  numbers: { source: { generate: { count: 3 } } }
  report: { from: numbers, sink: drop }
`,
)

describe('flow run --log-format json', () => {
  // Nothing listens at port 1.
  const unreachable = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }

  async function messagesOf(options: string[], environment: Record<string, string> = {}): Promise<unknown[]> {
    const env = { ...unreachable, ...environment }
    await using run = startFlow(['run', 'few.yaml', '--log-format', 'json', ...options], folder, env)
    const { exitCode, stderr } = await run.ended()
    expect(exitCode).toBe(0)
    return stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
  }

  it('writes lines of JSON alone, those of what cannot be sent included', async () => {
    const messages = await messagesOf([
      '--trace',
      'otlp',
      '--metrics',
      'otlp',
      '--logs',
      'otlp',
      '--log-level',
      'debug',
    ])
    for (const [topic, actor] of [
      ['tracing: lost', 'few'],
      ['tracing: lost', 'report#1'],
      ['metrics: lost', 'few'],
      ['metrics: lost', 'report#1'],
    ] as const) {
      const msg = expect.stringMatching(new RegExp(`^${topic} .* of actor '${actor}' `)) as string
      expect(messages).toContainEqual(expect.objectContaining({ level: 'warn', actor, msg }))
    }
  })

  it('says in one where metrics are served', async () => {
    const msg = expect.stringMatching(/^metrics: they are served at http:\S+\/metrics$/) as string
    expect(await messagesOf(['--metrics', 'prometheus://127.0.0.1:0'])).toContainEqual(
      expect.objectContaining({ level: 'info', actor: 'few', msg }),
    )
  })

  it('says in one, and once, which variable is ignored', async () => {
    const environment = { OTEL_TRACES_SAMPLER: 'often', OTEL_METRICS_EXPORTER: 'pigeon', OTEL_LOGS_EXPORTER: 'otlp' }
    const messages = await messagesOf(['--trace', 'console'], {
      ...environment,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere',
    })
    const warnings = messages.filter((message) => (message as { level?: string }).level === 'warn')
    const said = warnings.map((warning) => (warning as { msg: string }).msg.split(':', 2).join(':'))
    for (const start of [
      'tracing: OTEL_TRACES_SAMPLER',
      'metrics: OTEL_METRICS_EXPORTER',
      'logs: OTEL_EXPORTER_OTLP',
    ]) {
      expect(said.filter((each) => each.startsWith(start))).toHaveLength(1)
    }
  })
})
