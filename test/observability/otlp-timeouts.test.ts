import { afterEach, describe, expect, it, vi } from 'vitest'
import { metricsTimeoutMs, otlpTimeoutMs } from '../../observability/otlp-timeouts.ts'

afterEach(() => void vi.unstubAllEnvs())

function within(environment: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
}

describe('The time that an export may take', () => {
  it.for<[Record<string, string>, number]>([
    [{}, 1_500],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '7000' }, 7_000],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '7000', OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '20' }, 20],
    [{ OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '20' }, 1_500],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: 'soon' }, 1_500],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '-1' }, 1_500],
  ])('is for traces, with %j, %d ms', ([environment, expected]) => {
    within(environment)
    expect(otlpTimeoutMs('TRACES')).toBe(expected)
  })

  it.for<[Record<string, string>, number]>([
    [{}, 1_500],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '7000' }, 7_000],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '7000', OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '20' }, 20],
    [{ OTEL_METRIC_EXPORT_TIMEOUT: '3000' }, 3_000],
    [{ OTEL_METRIC_EXPORT_TIMEOUT: '3000', OTEL_EXPORTER_OTLP_TIMEOUT: '7000' }, 3_000],
    [{ OTEL_METRIC_EXPORT_TIMEOUT: '9000', OTEL_EXPORTER_OTLP_TIMEOUT: '7000' }, 7_000],
  ])('is for metrics, with %j, %d ms: the shorter of their limits', ([environment, expected]) => {
    within(environment)
    expect(metricsTimeoutMs()).toBe(expected)
  })
})
