import { describe, expect, it } from 'vitest'
import { resolveLogs } from '../../observability/logs-options.ts'
import { resolveMetrics } from '../../observability/metrics-options.ts'
import { otlpOrigin, otlpUrlInstead, otlpWarnings } from '../../observability/otlp-endpoint.ts'
import { resolveTracing } from '../../observability/tracing-options.ts'

describe('The address of a collector', () => {
  it.for([
    [{}, 'http://localhost:4318'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://user:secret@host:1/path?key=1' }, 'https://host:1'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b' }, 'http://b'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://b' }, 'http://a'],
  ] as const)('of %j is %s', ([env, origin]) => {
    expect(otlpOrigin('TRACES', env)).toBe(origin)
    expect(otlpWarnings('TRACES', env)).toEqual([])
    expect(otlpUrlInstead('TRACES', env)).toEqual({})
  })

  it.for(['collector', '127.0.0.1:4318', 'localhost:4318', 'ftp://host'])(
    'is ignored where it is %s, and the usual one said to be in its place',
    (value) => {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: value }
      const warning = `OTEL_EXPORTER_OTLP_ENDPOINT '${value}' is ignored: it is no address as http://host:4318; it is sent to http://localhost:4318`
      expect(otlpOrigin('TRACES', env)).toBe('http://localhost:4318')
      expect(otlpUrlInstead('LOGS', env)).toEqual({ url: 'http://localhost:4318/v1/logs' })
      for (const resolve of [resolveTracing, resolveMetrics, resolveLogs]) {
        expect(resolve({ exporter: 'otlp' }, env).warnings).toEqual([warning])
        expect(resolve({ exporter: 'none' }, env).warnings).toEqual([])
      }
    },
  )
})

describe('The protocol of a collector', () => {
  it.for(['http/protobuf', 'http/json', 'HTTP/protobuf', ''])('is HTTP where it is %j', (value) => {
    expect(otlpWarnings('TRACES', { OTEL_EXPORTER_OTLP_PROTOCOL: value })).toEqual([])
  })

  it.for([
    ['OTEL_EXPORTER_OTLP_PROTOCOL', ['TRACES', 'METRICS', 'LOGS']],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', ['TRACES']],
  ] as const)('is said to be HTTP all the same where %s is another', ([name, signals]) => {
    const warning = `${name} 'grpc' is ignored: it is sent over HTTP, which a collector takes at port 4318 by default`
    const warned = (['TRACES', 'METRICS', 'LOGS'] as const).filter((signal) => {
      const warnings = otlpWarnings(signal, { [name]: 'grpc' })
      expect([[], [warning]]).toContainEqual(warnings)
      return warnings.length > 0
    })
    expect(warned).toEqual(signals)
  })
})
