import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startTraceReceiver } from '../support/trace-receiver.ts'
import { startFlow } from './cli/flow-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()

writeFileSync(
  join(folder, 'hops.yaml'),
  `pipeline: hops
stages:
  numbers: { source: { generate: { count: 20 } } }
  doubled: { from: numbers, actors: 2, steps: [{ map: n => n * 2 }] }
  # Item by item, and two for one: the trace of the item in hand goes on in both.
  twice: { from: doubled, steps: [{ use: ./twice.ts#twice }] }
  report: { from: twice, sink: stdout }
`,
)
writeFileSync(
  join(folder, 'twice.ts'),
  `export async function* twice(input: AsyncIterable<number>) {
  for await (const n of input) {
    yield n
    yield n
  }
}
`,
)

interface Span {
  readonly service: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
}

async function spansOf(...options: string[]): Promise<{ spans: Span[]; rows: string[] }> {
  await using run = startFlow(['run', 'hops.yaml', '--trace', 'console', ...options], folder)
  const { exitCode, stdout, stderr } = await run.ended()
  expect(exitCode).toBe(0)
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'))
  return { spans: lines.map((line) => JSON.parse(line) as Span), rows: stdout.trimEnd().split('\n') }
}

/** The hops of a trace from its root on, each with those that follow from it. */
function hopsFrom(span: Span, spans: readonly Span[]): unknown {
  const followers = spans.filter((each) => each.parentSpanId === span.spanId)
  return [`${span.service}: ${span.name}`, ...followers.map((each) => hopsFrom(each, spans))]
}

writeFileSync(
  join(folder, 'endless.yaml'),
  `pipeline: endless
stages:
  numbers: { source: { generate: { rateHz: 500 } } }
  doubled: { from: numbers, steps: [{ map: n => n * 2 }], sink: stdout }
`,
)

/** The span of a run, and what happened in it: of the stages, who they are, and how they ended. */
async function runSpanOf(...signals: readonly NodeJS.Signals[]) {
  await using receiver = await startTraceReceiver()
  const document = signals.length === 0 ? 'hops.yaml' : 'endless.yaml'
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }
  await using run = startFlow(['run', document, '--trace', 'otlp', '--view', 'none'], folder, env)
  for (const signal of signals) {
    await run.saysOnStdout('\n')
    run.kill(signal)
  }
  await run.ended()
  const span = receiver.spans.find(({ name }) => name.startsWith('run '))
  const marks = span?.events.map(({ name, attributes }) => [name, ...Object.values(attributes)].join(' '))
  return { attributes: span?.attributes, marks }
}

describe('flow run --trace', () => {
  it('follows each item through every stage, as parent and child over the processes', async () => {
    const { spans, rows } = await spansOf()
    expect(rows).toHaveLength(40)
    const roots = spans.filter((span) => span.parentSpanId === undefined && span.name.startsWith('send'))
    expect(roots).toHaveLength(20)
    const toReport = ['hops.twice: send report', ['hops.report: process report']]
    const toTwice = ['hops.doubled: send twice', ['hops.twice: process twice', toReport, toReport]]
    for (const root of roots) {
      const trace = spans.filter((span) => span.traceId === root.traceId)
      expect(trace).toHaveLength(8)
      expect(hopsFrom(root, trace)).toEqual(['hops.numbers: send doubled', ['hops.doubled: process doubled', toTwice]])
    }
  })

  it('has the run itself as a trace of its own, with what it takes until each of its actors is ready', async () => {
    const { spans } = await spansOf()
    const run = spans.find((span) => span.name === 'run hops')
    expect(run?.parentSpanId).toBeUndefined()
    const trace = spans.filter((span) => span.traceId === run?.traceId)
    const spawned = ['numbers', 'doubled', 'doubled', 'twice', 'report'].map((stage) => [`hops: spawn ${stage}`])
    const [root, ...inside] = hopsFrom(run as Span, trace) as [string, ...unknown[]]
    expect(root).toBe('hops: run hops')
    expect(new Set(inside.map(String))).toEqual(new Set(spawned.map(String)))
    expect(trace).toHaveLength(6)
  })

  it('marks in the trace of the run when it was ready, and how each stage has ended', async () => {
    const { attributes, marks } = await runSpanOf()
    expect(attributes).toEqual({
      'actorflow.pipeline.name': 'hops',
      'actorflow.pipeline.stages': ['numbers', 'doubled', 'twice', 'report'],
    })
    const ended = ['numbers done 20 20', 'doubled done 20 20', 'twice done 20 40', 'report done 40 40']
    expect(marks).toEqual(['ready', ...ended.map((stage) => `stage ${stage}`)])
  })

  it('marks there that it was drained, or cancelled', async () => {
    const drained = await runSpanOf('SIGINT')
    expect(drained.marks?.slice(0, 2)).toEqual(['ready', 'drain'])
    expect(drained.attributes).not.toHaveProperty('actorflow.cancelled')
    const cancelled = await runSpanOf('SIGTERM')
    expect(cancelled.marks?.slice(0, 2)).toEqual(['ready', 'cancel'])
    expect(cancelled.attributes).toMatchObject({ 'actorflow.cancelled': true })
  })

  it('follows none of them at a ratio of 0', async () => {
    const { spans, rows } = await spansOf('--trace-ratio', '0')
    expect(rows).toHaveLength(40)
    expect(spans).toEqual([])
  })
})
