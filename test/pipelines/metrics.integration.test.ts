import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { metricTable } from '../../observability/metric-table.ts'
import { listenAnywhere } from '../support/scrape.ts'
import { startFlow } from './cli/flow-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()

writeFileSync(
  join(folder, 'counted.yaml'),
  `pipeline: counted
stages:
  numbers: { source: { generate: { count: 10000 } } }
  pairs: { from: numbers, actors: 2, steps: [{ flatMap: 'n => [n, n]' }] }
  report: { from: pairs, sink: drop }
`,
)

interface DataPoint {
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
  readonly asDouble?: number
}

/** As much of a request as is looked at. */
interface MetricsRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: DataPoint['attributes'] }
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string
        readonly sum?: { readonly dataPoints: readonly DataPoint[] }
      }[]
    }[]
  }[]
}

/** Of each actor, by the name of its service, what it has said last of each metric. */
async function metricsOf(document: string) {
  const requests: MetricsRequest[] = []
  const collector = createServer((request, response) => {
    void json(request).then((body) => {
      requests.push(body as MetricsRequest)
      response.end('{}')
    })
  })
  const { server, port } = await listenAnywhere(collector)
  try {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` }
    await using run = startFlow(['run', document, '--metrics', 'otlp', '--view', 'none'], folder, env)
    expect(await run.ended()).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('metrics:') })
  } finally {
    server.closeAllConnections()
    server.close()
  }
  const actors = new Map<string, Map<string, readonly DataPoint[]>>()
  for (const { resource, scopeMetrics } of requests.flatMap(({ resourceMetrics }) => resourceMetrics)) {
    const { 'service.name': service, 'service.instance.id': instance } = valuesOf(resource)
    const metrics = scopeMetrics.flatMap((scope) => scope.metrics)
    actors.set(
      `${String(service)} ${String(instance)}`,
      new Map(metrics.map(({ name, sum }) => [name, sum?.dataPoints ?? []])),
    )
  }
  return Map.groupBy(actors, ([actor]) => actor.split(' ')[0] ?? '')
}

function valuesOf({ attributes }: Pick<DataPoint, 'attributes'>): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}

describe('flow run --metrics otlp', () => {
  it('sends all metrics of every actor, with the items and bytes of each edge', async () => {
    const services = await metricsOf('counted.yaml')
    const actorCounts = Array.from(services, ([service, actors]) => [service, actors.length] as const)
    expect(new Map(actorCounts)).toEqual(
      new Map([
        ['counted', 1],
        ['counted.numbers', 1],
        ['counted.pairs', 2],
        ['counted.report', 1],
      ]),
    )
    // Nobody was started again.
    const expected = metricTable.map(({ name }) => name).filter((name) => name !== 'actorflow.actor.restarts')
    for (const [, metrics] of services.get('counted.pairs') ?? []) {
      expect([...metrics.keys()]).toEqual(expect.arrayContaining(expected))
    }

    const totalOf = (service: string, metric: string, labels: Record<string, string>) => {
      const points = services.get(`counted.${service}`)?.flatMap(([, metrics]) => metrics.get(metric) ?? []) ?? []
      const some = points.filter((point) => {
        const own = valuesOf(point)
        return Object.entries(labels).every(([label, value]) => own[label] === value)
      })
      return some.reduce((sum, { asDouble = Number.NaN }) => sum + asDouble, 0)
    }
    const [into, out] = [{ 'actorflow.direction': 'in' }, { 'actorflow.direction': 'out' }]
    expect(totalOf('pairs', 'actorflow.stage.items', into)).toBe(10_000)
    expect(totalOf('pairs', 'actorflow.stage.items', out)).toBe(20_000)
    for (const [from, to, itemCount] of [
      ['numbers', 'pairs', 10_000],
      ['pairs', 'report', 20_000],
    ] as const) {
      const [sent, taken] = [
        { ...out, 'actorflow.peer.stage': to },
        { ...into, 'actorflow.peer.stage': from },
      ]
      expect(totalOf(from, 'actorflow.stream.items', sent)).toBe(itemCount)
      expect(totalOf(to, 'actorflow.stream.items', taken)).toBe(itemCount)
      // A number is a byte at least.
      expect(totalOf(from, 'actorflow.stream.size', sent)).toBeGreaterThanOrEqual(itemCount)
      expect(totalOf(to, 'actorflow.stream.size', taken)).toBe(totalOf(from, 'actorflow.stream.size', sent))
    }
  })
})
