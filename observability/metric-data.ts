import { ValueType } from '@opentelemetry/api'
import { hrTime } from '@opentelemetry/core'
import { emptyResource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type MetricData,
} from '@opentelemetry/sdk-metrics'
import { instrumentationScope } from './instrumentation-scope.ts'
import type { Observation } from './metric-observations.ts'
import type { MetricDefinition } from './metric-table.ts'

/** A metric, and what it shows now. */
export interface Figures {
  readonly metric: Pick<MetricDefinition, 'name' | 'kind' | 'unit' | 'description'>
  readonly observations: readonly Observation[]
}

// All that is counted is counted from the start.
const startTime = hrTime(0)

/** Figures as a reader of the SDK collects them, beside what it knows itself. */
export function collectionOf(figures: readonly Figures[]): CollectionResult {
  const shown = figures.filter(({ observations }) => observations.length > 0)
  const scopeMetrics = shown.length === 0 ? [] : [{ scope: instrumentationScope, metrics: shown.map(metricOf) }]
  return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] }
}

function metricOf({ metric: { name, kind, unit, description }, observations }: Figures): MetricData {
  const endTime = hrTime()
  const metric = {
    descriptor: { name, unit, description, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  }
  if (kind === 'histogram') {
    const dataPoints = observations.flatMap(({ value: count, labels: attributes, distribution }) => {
      if (distribution === undefined) return []
      const { bounds, counts, sum } = distribution
      const value = { buckets: { boundaries: [...bounds], counts: [...counts] }, sum, count }
      return [{ value, attributes, startTime, endTime }]
    })
    return { ...metric, dataPoints, dataPointType: DataPointType.HISTOGRAM }
  }
  const dataPoints = observations.map(({ value, labels: attributes }) => ({ value, attributes, startTime, endTime }))
  if (kind === 'gauge') return { ...metric, dataPoints, dataPointType: DataPointType.GAUGE }
  return { ...metric, dataPoints, dataPointType: DataPointType.SUM, isMonotonic: kind === 'counter' }
}
