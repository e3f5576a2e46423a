import { expect } from 'vitest'
import type { Span, SpanKindName } from '../../pipelines/cli/trace/span.ts'
import { runProgram } from './run-program.ts'
import type { ReceivedSpan } from './span-tree.ts'

const kinds: readonly SpanKindName[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']

/** A span as a receiver of our own has it, like that of a Jaeger. */
export function asRecorded(span: ReceivedSpan): Span {
  const { traceId, spanId, parentSpanId, service, instance, name, attributes, links, status } = span
  return {
    traceId,
    spanId,
    parentId: parentSpanId,
    service,
    instance,
    name,
    attributes,
    links,
    // Not asked for by any test.
    events: [],
    kind: kinds[span.kind] ?? 'unspecified',
    startMs: Number(span.startNs) / 1e6,
    endMs: Number(span.endNs) / 1e6,
    error: status?.code === 2 ? status.message : undefined,
  }
}

/** How many days there are in the files of its sources. */
const dayCounts = { seattle: 1_461, cities: 2_922 }

/** Runs `examples/weather` with a fifth of its items followed, their spans going to a collector. */
export async function runTracedWeather(endpoint: string): Promise<string> {
  const args = [
    'bin/flow.js',
    'run',
    'examples/weather/pipeline.yaml',
    '--trace',
    'otlp',
    '--trace-ratio',
    '0.2',
    '--view',
    'none',
  ]
  return await run(args, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
}

/** Runs `examples/aggregate.ts` with 100 numbers, all of them followed. */
export async function runTracedAggregate(endpoint: string): Promise<string> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: 'otlp' }
  return await run(['examples/aggregate.ts', '100'], env)
}

async function run(args: string[], env: Record<string, string>): Promise<string> {
  const { stderr, exitCode, leftBehind } = await runProgram(process.execPath, args, { env })
  expect({ stderr, exitCode, leftBehind }).toEqual({ stderr, exitCode: 0, leftBehind: [] })
  expect(stderr).not.toMatch(/^tracing:/m)
  return stderr
}

/** The link that `flow run` printed leads to the trace of its run. */
export function expectRunLink(stderr: string, spans: readonly Span[]): void {
  const [, traceId] = /^the run: +http:\/\/localhost:16686\/trace\/([0-9a-f]{32})$/m.exec(stderr) ?? []
  expect(spans.filter((span) => span.traceId === traceId).map(({ name }) => name)).toContain('run weather')
}

/** Every reference leads to a span that is there, and no span begins long before the one that it comes of. */
export function expectWholeTraces(spans: readonly Span[]): void {
  const byId = new Map(spans.map((span) => [`${span.traceId} ${span.spanId}`, span]))
  expect(byId.size).toBe(spans.length)
  for (const span of spans) {
    // One that lasts no time at all has a warning in Jaeger.
    expect(span.endMs, `the end of '${span.name}'`).toBeGreaterThan(span.startMs)
    if (span.parentId !== undefined) {
      const parent = byId.get(`${span.traceId} ${span.parentId}`)
      expect(parent, `the parent of '${span.name}' of ${span.service}`).toBeDefined()
      // The clocks of two processes agree to some milliseconds.
      expect(span.startMs).toBeGreaterThan((parent?.startMs ?? 0) - 50)
    }
    for (const link of span.links) {
      expect(byId.get(`${link.traceId} ${link.spanId}`), `a link of '${span.name}' of ${span.service}`).toBeDefined()
    }
  }
}

/** Each item of the weather is one path from its file to `climate`, and what that makes of them goes to `report`. */
export function expectWeather(spans: readonly Span[]): void {
  const services = new Set(spans.map(({ service }) => service))
  for (const stage of ['seattle', 'cities', 'days', 'climate', 'report']) expect(services).toContain(`weather.${stage}`)
  for (const source of ['seattle', 'cities'] as const) {
    const begun = spans.filter(({ service, parentId }) => service === `weather.${source}` && parentId === undefined)
    // A fifth of them, as chance has it.
    expect(begun.length / dayCounts[source], `the share of the items of ${source}`).toBeGreaterThan(0.1)
    expect(begun.length / dayCounts[source], `the share of the items of ${source}`).toBeLessThan(0.3)
    for (const first of begun) expectHop(first, 'send days', 'producer')
    const ways = begun.map((first) => wayOf(first, spans))
    // Whichever file brings a day first; the other one's is the end of its path.
    const whole = [`weather.${source} send days`, 'weather.days process days', 'weather.days send climate']
    const toClimate = [...whole, 'weather.climate process climate']
    for (const way of ways) expect(toClimate.slice(0, way.length)).toEqual(way.slice(0, 4))
    for (const way of ways) expect([2, 4]).toContain(Math.min(way.length, 4))
    if (source === 'cities') expect(ways.some((way) => way.length >= 4)).toBe(true)
  }
  expectRows(spans)
}

/** The rows of the report: each begins a trace, with links to the first of its own days, and all days are of one row. */
function expectRows(spans: readonly Span[]): void {
  const rows = spans.filter(({ name }) => name === 'send report')
  expect(rows).toHaveLength(24)
  let contributorCount = 0
  const days = new Set(spans.filter(({ name }) => name === 'process climate').map(({ spanId }) => spanId))
  const dayCount = days.size
  for (const row of rows) {
    expectHop(row, 'send report', 'producer')
    expect(row).toMatchObject({ service: 'weather.climate', parentId: undefined })
    const count = Number(row.attributes['actorflow.contributor.count'])
    contributorCount += count
    expect(row.links.length).toBe(Math.min(count, 32))
    for (const { spanId } of row.links) {
      expect(days).toContain(spanId)
      days.delete(spanId)
    }
    expect(childrenOf(row, spans)).toMatchObject([
      { service: 'weather.report', name: 'process report', kind: 'consumer' },
    ])
  }
  expect(contributorCount).toBe(dayCount)
}

/** Each number that a streamer yields is one path to the aggregator; the first of two equal ones goes on to the main actor. */
export function expectAggregate(spans: readonly Span[]): void {
  const ways: string[][] = []
  for (const streamer of ['streamer-1', 'streamer-2']) {
    const begun = spans.filter(({ service, kind }) => service === streamer && kind === 'producer')
    expect(begun).toHaveLength(100)
    for (const first of begun) {
      expectHop(first, 'send aggregator', 'producer')
      ways.push(wayOf(first, spans))
    }
    const both = [`${streamer} send aggregator`, 'aggregator process aggregator']
    const on = [...both, 'aggregator send main', 'main process main']
    for (const way of ways.filter(([first]) => first === both[0])) {
      expect([both, on]).toContainEqual(way)
    }
  }
  expect(ways.filter(({ length }) => length === 4)).toHaveLength(100)
}

/** From an item's first span on, each one's only child that is a span of a hop; up to where it ends or branches. */
function wayOf(first: Span, spans: readonly Span[]): string[] {
  const way: string[] = []
  for (let span: Span | undefined = first; span !== undefined; ) {
    way.push(`${span.service} ${span.name}`)
    const children = childrenOf(span, spans)
    const [child] = children
    if (child === undefined || children.length > 1) break
    // A hop is sent by one and processed by the other; what is processed is sent on by the same actor.
    if (span.kind === 'producer') expectHop(child, span.name.replace('send', 'process'), 'consumer')
    else {
      expectHop(child, child.name, 'producer')
      expect(child.instance).toBe(span.instance)
    }
    span = child
  }
  return way
}

const childrenByList = new WeakMap<readonly Span[], Map<string, Span[]>>()

function childrenOf({ traceId, spanId }: Span, spans: readonly Span[]): Span[] {
  let children = childrenByList.get(spans)
  if (children === undefined) {
    children = Map.groupBy(spans, (each) => `${each.traceId} ${each.parentId}`)
    childrenByList.set(spans, children)
  }
  return children.get(`${traceId} ${spanId}`) ?? []
}

function expectHop(span: Span, name: string, kind: Span['kind']): void {
  expect(span).toMatchObject({ name, kind, attributes: { 'messaging.system': 'actorflow' } })
}
