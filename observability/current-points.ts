import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { Labels } from './metric-table.ts'

/**
 * Which values were observed with the latest collection. The SDK goes on to tell the last value of whatever was ever
 * observed, be it the memory of a process that has ended.
 */
export class CurrentPoints {
  readonly #keys = new Set<string>()

  /** A collection begins. */
  begin(): void {
    this.#keys.clear()
  }

  note(metric: string, labels: Labels): void {
    this.#keys.add(keyOf(metric, labels))
  }

  /**
   * Leaves out what the latest collection has not observed, of the scope and those of its metrics that are `passing`. That is
   * not for counters: what an actor has done remains done when it has ended.
   */
  filter(metrics: ResourceMetrics, scopeName: string, passing: ReadonlySet<string>): ResourceMetrics {
    const scopeMetrics = metrics.scopeMetrics.map((scoped) => {
      if (scoped.scope.name !== scopeName) return scoped
      return { ...scoped, metrics: scoped.metrics.map((metric) => this.#without(metric, passing)) }
    })
    return { ...metrics, scopeMetrics }
  }

  #without<Metric extends ResourceMetrics['scopeMetrics'][number]['metrics'][number]>(
    metric: Metric,
    passing: ReadonlySet<string>,
  ): Metric {
    const { name } = metric.descriptor
    if (!passing.has(name)) return metric
    const dataPoints = (metric.dataPoints as { attributes: Labels }[]).filter(({ attributes }) =>
      this.#keys.has(keyOf(name, attributes)),
    )
    return { ...metric, dataPoints }
  }
}

function keyOf(metric: string, labels: Labels): string {
  return JSON.stringify([metric, ...Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1))])
}
