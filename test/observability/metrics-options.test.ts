import { describe, expect, it } from 'vitest'
import { isMetricsExporter, parseAddress, resolveMetrics } from '../../observability/metrics-options.ts'

describe('The options of metrics', () => {
  it('are those of the standard where nothing is said', () => {
    expect(resolveMetrics(undefined, {})).toEqual({
      settings: { exporter: 'otlp', stallAfterMs: 30_000 },
      warnings: [],
    })
  })

  it.each([
    ['otlp', {}, 'otlp'],
    ['none', {}, 'none'],
    ['Prometheus', {}, 'prometheus://localhost:9464'],
    [
      'prometheus',
      { OTEL_EXPORTER_PROMETHEUS_HOST: '0.0.0.0', OTEL_EXPORTER_PROMETHEUS_PORT: '9000' },
      'prometheus://0.0.0.0:9000',
    ],
    ['prometheus', { OTEL_EXPORTER_PROMETHEUS_HOST: '::1' }, 'prometheus://[::1]:9464'],
    ['prometheus', { OTEL_EXPORTER_PROMETHEUS_HOST: '[::1]' }, 'prometheus://[::1]:9464'],
    ['console, otlp', {}, 'otlp'],
  ])('take OTEL_METRICS_EXPORTER=%s', (value, more, exporter) => {
    const { settings, warnings } = resolveMetrics({}, { OTEL_METRICS_EXPORTER: value, ...more })
    expect({ exporter: settings.exporter, warnings }).toEqual({ exporter, warnings: [] })
  })

  it('go before the environment, which goes unread then', () => {
    const { settings, warnings } = resolveMetrics({ exporter: 'none' }, { OTEL_METRICS_EXPORTER: 'promethues' })
    expect(settings.exporter).toBe('none')
    expect(warnings).toEqual([])
  })

  it.each([
    [{ OTEL_METRICS_EXPORTER: 'promethues' }, "OTEL_METRICS_EXPORTER 'promethues' is ignored"],
    [
      { OTEL_METRICS_EXPORTER: 'prometheus', OTEL_EXPORTER_PROMETHEUS_PORT: 'x' },
      'OTEL_EXPORTER_PROMETHEUS_* is ignored',
    ],
  ])('leave a variable alone that cannot be: %o', (env, warning) => {
    const { settings, warnings } = resolveMetrics({}, env)
    expect(settings.exporter).toBe('otlp')
    expect(warnings).toEqual([expect.stringContaining(warning)])
  })

  it('are none where the SDK is switched off', () => {
    const { settings } = resolveMetrics({ exporter: 'otlp' }, { OTEL_SDK_DISABLED: 'TRUE' })
    expect(settings.exporter).toBe('none')
  })

  it.each([
    [3, 'the options of metrics are an object'],
    [{ exporters: 'otlp' }, "metrics has no option 'exporters': there are exporter and stallAfterMs"],
    [
      { exporter: 'jaeger' },
      "the exporter of metrics is 'otlp', 'none', or an address as prometheus://127.0.0.1:9464, not 'jaeger'",
    ],
    [{ stallAfterMs: 0 }, 'stallAfterMs of metrics is a number of milliseconds above 0, not 0'],
    [{ exporter: 'prometheus://a' }, "metrics cannot be served at 'prometheus://a': it has no port; 9464 is usual"],
  ])('are refused when they cannot be: %o', (options, message) => {
    expect(() => resolveMetrics(options, {})).toThrow(message)
  })
})

describe('An address for metrics', () => {
  it.each([
    ['prometheus://127.0.0.1:9464', '127.0.0.1', 9464],
    ['prometheus://localhost:0/', 'localhost', 0],
    ['prometheus://[::1]:9464', '::1', 9464],
  ])('%s is a host and a port', (address, host, port) => {
    expect(isMetricsExporter(address)).toBe(true)
    expect(parseAddress(address)).toEqual({ host, port })
  })

  it.each([
    ['prometheus:', 'it is an address as prometheus://127.0.0.1:9464'],
    ['prometheus://:9464', 'it is an address as'],
    ['prometheus://a:b', 'it is an address as'],
    ['prometheus://127.0.0.1:99999', 'there is no port 99999: they end at 65535'],
    ['prometheus://[::1]:65536/', 'there is no port 65536'],
    ['prometheus://a', 'it has no port'],
    ['prometheus://a:1/metrics', 'there is nothing after the port: they are at /metrics'],
    ['prometheus://me:secret@a:1', 'it has no user'],
  ])('%s is refused, with what is wrong with it', (address, message) => {
    expect(() => parseAddress(address)).toThrow(message)
  })

  it('is not anything else', () => {
    for (const text of ['http://a:1', 'PROMETHEUS', '', 9464]) expect(isMetricsExporter(text)).toBe(false)
  })
})
