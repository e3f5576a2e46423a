import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { DataPointType, type MetricData, MetricReader } from '@opentelemetry/sdk-metrics'
import type { Attachment } from '../engine/index.ts'
import { openHttpPages } from './http-pages.ts'
import { collectionOf, type Figures } from './metric-data.ts'
import type { HostAndPort, MetricsSettings } from './metrics-options.ts'
import { openMeter } from './open-meter.ts'
import { withUnit } from './prometheus-names.ts'
import { readinessOf } from './readiness.ts'
import { TreeFigures } from './tree-figures.ts'

const textFormat = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Serves the metrics of a root's whole tree over HTTP, in the text format of Prometheus. With each request the root asks all
 * actors for their figures, and waits for them a second at the most. Beside them are `/healthz` and `/readyz`. Resolves once
 * it listens; rejects if it cannot. Ends with the root.
 */
export async function serveMetrics(
  attachment: Attachment,
  address: HostAndPort,
  { stallAfterMs }: MetricsSettings,
): Promise<void> {
  const { actor, pipeline } = attachment
  const vitals = shared(() => attachment.treeVitals())
  const figures = new TreeFigures()
  const reader = new ScrapeReader(async () => figures.read(await vitals()))
  const meter = openMeter({ actor, pipeline, reader })
  const scrape = shared(() => reader.scrape())
  const opening = openHttpPages(address, {
    pages: {
      '/metrics': async () => ({ status: 200, type: textFormat, text: await scrape() }),
      // That it answers is what it says: the process lives, and its event loop turns.
      '/healthz': async () => ({ status: 200, text: 'ok\n' }),
      '/readyz': async () => readinessOf(await vitals(), stallAfterMs),
    },
    failed(path, error) {
      const why = Error.isError(error) ? error.message : String(error)
      attachment.notice('warn', `metrics: ${path} has failed: ${why}`)
    },
  })
  const pages = await opening.catch(async (error: unknown) => {
    await meter.shutdown()
    throw error
  })
  // Nobody else can know which one was free.
  if (address.port === 0) attachment.notice('info', `metrics: they are served at ${pages.url}/metrics`)
  attachment.onLeave(async () => {
    await pages.close()
    await meter.shutdown()
  })
}

/** Whoever asks while the answer to another is made, gets the same: those who ask too often ask the actors no more often. */
function shared<T>(answer: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined
  return () => {
    pending ??= answer().finally(() => {
      pending = undefined
    })
    return pending
  }
}

/** Collects when it is asked: what user code measures, and the figures. */
class ScrapeReader extends MetricReader {
  // The scope is one and the same for all; a label of it on every line would only be longer.
  readonly #serializer = new PrometheusSerializer('', false, undefined, false, true)

  constructor(read: () => Promise<Figures[]>) {
    super({ metricProducers: [{ collect: async () => collectionOf(await read()) }] })
  }

  async scrape(): Promise<string> {
    const { resourceMetrics } = await this.collect()
    const scopeMetrics = resourceMetrics.scopeMetrics.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.map(named),
    }))
    const collected: unknown = { ...resourceMetrics, scopeMetrics }
    // The serializer may come with a copy of the SDK of its own, whose enums are others to the compiler.
    return this.#serializer.serialize(collected as Parameters<PrometheusSerializer['serialize']>[0])
  }

  protected async onForceFlush(): Promise<void> {}

  protected async onShutdown(): Promise<void> {}
}

/** The unit is in the name; a line of its own for it would have to be the same, which strict readers check. */
function named(metric: MetricData): MetricData {
  const { descriptor, dataPointType } = metric
  const isCounter = dataPointType === DataPointType.SUM && metric.isMonotonic
  const kind = isCounter ? 'counter' : dataPointType === DataPointType.GAUGE ? 'gauge' : 'other'
  return { ...metric, descriptor: { ...descriptor, name: withUnit({ ...descriptor, kind }), unit: '' } }
}
