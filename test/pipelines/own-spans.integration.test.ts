import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startFlow } from './cli/flow-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()

writeFileSync(
  join(folder, 'marked.yaml'),
  `pipeline: marked
stages:
  numbers: { source: { use: ./steps.ts#numbers } }
  steps:
    from: numbers
    steps:
      - map: ./steps.ts#increment
      - map: ./steps.ts#incrementLater
      - use: ./steps.ts#incrementEach
  report: { from: steps, sink: stdout }
`,
)
writeFileSync(
  join(folder, 'steps.ts'),
  `import { context, propagation, trace } from ${JSON.stringify(import.meta.resolve('@opentelemetry/api'))}

import { continueTrace } from ${JSON.stringify(import.meta.resolve('../../index.ts'))}

const mark = (name: string) => trace.getTracer('user').startSpan(name).end()
const later = () => new Promise((resolve) => setTimeout(resolve, 1))

export async function* numbers() {
  for (const n of [100, 200, 300]) {
    mark('source ' + n)
    await later()
    yield n
  }
}

export async function* messages() {
  for (const flags of ['01', '00', undefined]) {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-' + flags
    continueTrace(flags === undefined ? {} : { traceparent, tracestate: 'vendor=abc', baggage: 'tenant=acme' })
    mark('message ' + flags)
    yield 1
  }
}

export function* untraced() {
  continueTrace({ traceparent: [Buffer.from('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00')] })
  yield* [1, 2]
}

export function inject() {
  const headers = {}
  propagation.inject(context.active(), headers)
  return headers
}

export function increment(n: number) {
  mark('map ' + n)
  return n + 1
}

export async function incrementLater(n: number) {
  await later()
  mark('map later ' + n)
  return n + 1
}

export async function* incrementEach(input: AsyncIterable<number>) {
  for await (const n of input) {
    mark('use ' + n)
    await later()
    mark('use later ' + n)
    yield n + 1
  }
}
`,
)

writeFileSync(
  join(folder, 'messages.yaml'),
  `pipeline: messages
stages:
  messages: { source: { use: ./steps.ts#messages }, steps: [{ map: n => n + 1 }] }
  report: { from: messages, sink: stdout }
`,
)

writeFileSync(
  join(folder, 'brought.yaml'),
  `pipeline: brought
stages:
  messages: { source: { use: ./steps.ts#messages } }
  relay: { from: messages }
  headers: { from: relay, steps: [{ map: ./steps.ts#inject }], sink: stdout }
`,
)

writeFileSync(
  join(folder, 'untraced.yaml'),
  `pipeline: untraced
stages:
  messages: { source: { use: ./steps.ts#untraced }, steps: [{ map: ./steps.ts#inject }] }
  report: { from: messages, sink: stdout }
`,
)

interface Span {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
}

async function traced(file: string): Promise<{ spans: Span[]; rows: string }> {
  await using run = startFlow(['run', file, '--trace', 'console', '--view', 'none'], folder)
  const { exitCode, stdout, stderr } = await run.ended()
  expect(exitCode).toBe(0)
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'))
  return { rows: stdout, spans: lines.map((line) => JSON.parse(line) as Span) }
}

async function runTraced(file: string, rows: string): Promise<Span[]> {
  const ran = await traced(file)
  expect(ran.rows).toBe(rows)
  return ran.spans
}

describe('Spans of user code in a stage', () => {
  it('are children of the processing of the item in hand, in steps of every kind', async () => {
    const spans = await runTraced('marked.yaml', '103\n203\n303\n')
    const marks = (parent: Span | undefined) =>
      spans.filter((span) => span.parentSpanId === parent?.spanId && !/^(send|process) /.test(span.name))
    const processings = spans.filter((span) => span.name === 'process steps')
    expect(processings).toHaveLength(3)
    const marked = processings.map((processing) => {
      const inside = marks(processing)
      expect(inside.every((span) => span.traceId === processing.traceId)).toBe(true)
      return inside.map((span) => span.name)
    })
    expect(marked.sort((a, b) => String(a[0]).localeCompare(String(b[0])))).toEqual(
      [100, 200, 300].map((n) => [`map ${n}`, `map later ${n + 1}`, `use ${n + 2}`, `use later ${n + 2}`]),
    )
    // What a source does before it gives out an item belongs to none.
    const own = spans.filter((span) => span.name.startsWith('source '))
    expect(own.map((span) => span.parentSpanId)).toEqual([undefined, undefined, undefined])
  })

  it('and the items continue what a source was sent along with its messages', async () => {
    const spans = await runTraced('messages.yaml', '2\n2\n2\n')
    const sent = spans.filter((span) => span.name === 'send report')
    expect(sent.map((span) => span.parentSpanId)).toEqual(['00f067aa0ba902b7', undefined])
    const continued = spans.filter((span) => span.traceId === '4bf92f3577b34da6a3ce929d0e0e4736')
    expect(continued.map((span) => span.name).sort()).toEqual(['message 01', 'process report', 'send report'])
  })

  it('and what a stage further on injects has the span that it is in there, and the baggage and state that came', async () => {
    const { spans, rows } = await traced('brought.yaml')
    const headers = rows
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>)
    const processed = spans.filter((span) => span.name === 'process headers')
    const [followed, begun] = processed.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`)
    expect(processed[0]?.traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736')
    expect(headers).toEqual([
      { traceparent: followed, tracestate: 'vendor=abc', baggage: 'tenant=acme' },
      { traceparent: expect.stringMatching(/-00$/) },
      { traceparent: begun },
    ])
  })

  it('and what they inject belongs to the trace that came with a message, though nobody follows it', async () => {
    const injected = '{"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"}\n'
    const spans = await runTraced('untraced.yaml', injected.repeat(2))
    expect(spans.filter(({ name }) => /^(send|process) /.test(name))).toEqual([])
  })
})
