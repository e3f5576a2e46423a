import { type Meter, metrics, type Observable } from '@opentelemetry/api'
import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics'
import type { ActorId, ActorVitals } from '../engine/index.ts'
import { actorResource } from './actor-resource.ts'
import { instrumentationScope as scope } from './instrumentation-scope.ts'
import { LabelBounds } from './label-bounds.ts'
import type { Figures } from './metric-data.ts'
import { observe } from './metric-observations.ts'
import { actorsMetric, type MetricDefinition, metricTable } from './metric-table.ts'

/** Whose metrics they are, and who collects them. */
export interface MeterSetting {
  readonly actor: ActorId
  readonly pipeline: string | undefined
  readonly reader: IMetricReader
}

/** The metrics of an actor as the OpenTelemetry SDK has them. */
export interface OpenMeter {
  readonly provider: MeterProvider
  /** Has the reader send what there is, and ends it. */
  shutdown(): Promise<void>
}

/**
 * Sets up the metrics of the OpenTelemetry SDK. If the application has not set up one of its own, this becomes the one that
 * `@opentelemetry/api` knows, until the shutdown: metrics that user code makes in this process go the same way.
 */
export function openMeter({ actor, pipeline, reader }: MeterSetting): OpenMeter {
  const provider = new MeterProvider({ resource: actorResource(actor, pipeline), readers: [reader] })
  const isOurs = metrics.setGlobalMeterProvider(provider)
  return {
    provider,
    async shutdown() {
      try {
        await provider.shutdown()
      } finally {
        if (isOurs) metrics.disable()
      }
    },
  }
}

/**
 * Makes the metrics of the table for one actor, as observable instruments: they are read when the reader collects. All but the
 * histograms, which no instrument can observe: see `histogramsOf`.
 */
export function instrument({ provider }: OpenMeter, read: () => ActorVitals): void {
  const meter = provider.getMeter(scope.name, scope.version, scope)
  const bounds = new LabelBounds()
  const instruments = metricTable
    .filter(isObservable)
    .map((definition) => ({ definition, instrument: create(meter, definition) }))
  const actors = create(meter, actorsMetric)
  meter.addBatchObservableCallback(
    (result) => {
      const tree = { actors: [read()], silent: [] }
      for (const { definition, instrument } of instruments) {
        for (const { value, labels } of observe(definition, tree.actors, bounds)) {
          result.observe(instrument, value, labels)
        }
      }
      for (const { value, labels } of actorsMetric.read(tree)) result.observe(actors, value, labels)
    },
    [...instruments.map(({ instrument }) => instrument), actors],
  )
}

/** The histograms of one actor, for a reader to collect. */
export function histogramsOf(vitals: ActorVitals): Figures[] {
  const bounds = new LabelBounds()
  return metricTable
    .filter(({ kind }) => kind === 'histogram')
    .map((metric) => ({ metric, observations: observe(metric, [vitals], bounds) }))
}

type ObservableDefinition = MetricDefinition & { readonly kind: 'counter' | 'sum' | 'gauge' }

function isObservable(definition: MetricDefinition): definition is ObservableDefinition {
  return definition.kind !== 'histogram'
}

function create(
  meter: Meter,
  { name, kind, unit, description }: Pick<ObservableDefinition, 'name' | 'kind' | 'unit' | 'description'>,
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
