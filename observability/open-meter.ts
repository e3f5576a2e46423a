import { type Meter, metrics, type Observable } from '@opentelemetry/api'
import { type IMetricReader, MeterProvider, type ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { ActorId, TreeVitals } from '../engine/index.ts'
import { actorResource } from './actor-resource.ts'
import { attributeNames } from './attributes.ts'
import { CurrentPoints } from './current-points.ts'
import { LabelBounds, observe } from './metric-observations.ts'
import { actorsMetric, type Labels, type MetricDefinition, metricTable } from './metric-table.ts'

const scopeName = 'actorflow'

/** What is measured, and for whom. */
export interface MeterSetting {
  readonly actor: ActorId
  readonly pipeline: string | undefined
  readonly reader: IMetricReader
  /** Asked at each collection. It must not reject. */
  read(): TreeVitals | Promise<TreeVitals>
}

/** The metrics of an actor, or of a tree, as the OpenTelemetry SDK has them. */
export interface OpenMeter {
  /** What of a collection is of now. */
  current(collected: ResourceMetrics): ResourceMetrics
  /** Has the reader send what there is, and ends it. */
  shutdown(): Promise<void>
}

/**
 * Sets up the metrics of the OpenTelemetry SDK: all metrics of the table as observable instruments, which are read when the
 * reader collects. If the application has not set up one of its own, this becomes the one that `@opentelemetry/api` knows,
 * until the shutdown: metrics that user code makes in this process go the same way.
 */
export function openMeter({ actor, pipeline, reader, read }: MeterSetting): OpenMeter {
  const provider = new MeterProvider({ resource: actorResource(actor, pipeline), readers: [reader] })
  const meter = provider.getMeter(scopeName)
  const bounds = new LabelBounds()
  const points = new CurrentPoints()
  const instruments = metricTable.map((definition) => ({ definition, instrument: create(meter, definition) }))
  const actors = create(meter, actorsMetric)
  const common: Labels = pipeline === undefined ? {} : { [attributeNames.pipeline]: pipeline }
  meter.addBatchObservableCallback(
    async (result) => {
      const tree = await read()
      points.begin()
      for (const { definition, instrument } of instruments) {
        for (const { value, labels } of observe(definition, tree, { common, bounds })) {
          result.observe(instrument, value, labels)
          points.note(definition.name, labels)
        }
      }
      for (const { value, labels } of actorsMetric.read(tree)) {
        result.observe(actors, value, { ...common, ...labels })
        points.note(actorsMetric.name, { ...common, ...labels })
      }
    },
    [...instruments.map(({ instrument }) => instrument), actors],
  )
  const isOurs = metrics.setGlobalMeterProvider(provider)
  return {
    current: (collected) => points.filter(collected, scopeName, passing),
    async shutdown() {
      try {
        await provider.shutdown()
      } finally {
        if (isOurs) metrics.disable()
      }
    },
  }
}

const passing: ReadonlySet<string> = new Set(
  metricTable.filter(({ kind }) => kind !== 'counter').map(({ name }) => name),
)

function create(
  meter: Meter,
  { name, kind, unit, description }: Pick<MetricDefinition, 'name' | 'kind' | 'unit' | 'description'>,
): Observable {
  switch (kind) {
    case 'counter':
      return meter.createObservableCounter(name, { unit, description })
    case 'sum':
      return meter.createObservableUpDownCounter(name, { unit, description })
    case 'gauge':
      return meter.createObservableGauge(name, { unit, description })
  }
}
