import { describe, expect, it } from 'vitest'
import { resolveTracing, type TracingOptions } from '../../observability/tracing-options.ts'

type Env = Record<string, string>

const sampler = (name: string, argument?: string): Env => ({
  OTEL_TRACES_SAMPLER: name,
  ...(argument === undefined ? {} : { OTEL_TRACES_SAMPLER_ARG: argument }),
})

describe('The options of tracing', () => {
  it.each<[Env, TracingOptions, object]>([
    [{}, {}, { exporter: 'otlp', ratio: 1 }],
    [{}, { exporter: 'console', ratio: 0.5 }, { exporter: 'console', ratio: 0.5 }],
    [{ OTEL_TRACES_EXPORTER: 'console' }, {}, { exporter: 'console', ratio: 1 }],
    [{ OTEL_TRACES_EXPORTER: 'logging' }, {}, { exporter: 'console', ratio: 1 }],
    [{ OTEL_TRACES_EXPORTER: 'none' }, {}, { exporter: 'none', ratio: 1 }],
    [{ OTEL_TRACES_EXPORTER: 'zipkin, OTLP' }, {}, { exporter: 'otlp', ratio: 1 }],
    [{ OTEL_TRACES_EXPORTER: '' }, {}, { exporter: 'otlp', ratio: 1 }],
    [{ OTEL_TRACES_EXPORTER: 'none' }, { exporter: 'console' }, { exporter: 'console', ratio: 1 }],
    [{ OTEL_SDK_DISABLED: 'true' }, {}, { exporter: 'none', ratio: 1 }],
    [{ OTEL_SDK_DISABLED: 'TRUE' }, { exporter: 'otlp' }, { exporter: 'none', ratio: 1 }],
    [{ OTEL_SDK_DISABLED: 'false' }, {}, { exporter: 'otlp', ratio: 1 }],
    [sampler('always_on'), {}, { exporter: 'otlp', ratio: 1 }],
    [sampler('always_off'), {}, { exporter: 'otlp', ratio: 0 }],
    [sampler('traceidratio', '0.25'), {}, { exporter: 'otlp', ratio: 0.25 }],
    [sampler('traceidratio'), {}, { exporter: 'otlp', ratio: 1 }],
    [sampler('parentbased_always_on'), {}, { exporter: 'otlp', ratio: 1 }],
    [sampler('parentbased_always_off'), {}, { exporter: 'otlp', ratio: 0 }],
    [sampler('parentbased_traceidratio', '0.125'), {}, { exporter: 'otlp', ratio: 0.125 }],
    [sampler('always_off'), { ratio: 1 }, { exporter: 'otlp', ratio: 1 }],
    [sampler('always_on'), { ratio: 0 }, { exporter: 'otlp', ratio: 0 }],
    [{}, { exporter: 'none', recordTo: '/a/run.jsonl' }, { exporter: 'none', ratio: 1, recordTo: '/a/run.jsonl' }],
    [{ OTEL_TRACES_SAMPLER_ARG: '0.5' }, {}, { exporter: 'otlp', ratio: 1 }],
    [{ OTEL_PROPAGATORS: 'baggage, tracecontext' }, {}, { exporter: 'otlp', ratio: 1 }],
  ])('with the environment %j and the options %j come to %j', (env, options, settings) => {
    expect(resolveTracing(options, env)).toEqual({ settings, warnings: [] })
  })

  it.each<[Env, object, string]>([
    [{ OTEL_TRACES_EXPORTER: 'jaeger' }, { exporter: 'otlp', ratio: 1 }, 'OTEL_TRACES_EXPORTER'],
    [sampler('xray'), { exporter: 'otlp', ratio: 1 }, 'OTEL_TRACES_SAMPLER'],
    [sampler('traceidratio', 'half'), { exporter: 'otlp', ratio: 1 }, 'OTEL_TRACES_SAMPLER_ARG'],
    [sampler('traceidratio', '1.5'), { exporter: 'otlp', ratio: 1 }, 'OTEL_TRACES_SAMPLER_ARG'],
    [{ OTEL_PROPAGATORS: 'b3' }, { exporter: 'otlp', ratio: 1 }, 'OTEL_PROPAGATORS'],
    [{ OTEL_PROPAGATORS: 'tracecontext' }, { exporter: 'otlp', ratio: 1 }, 'OTEL_PROPAGATORS'],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, { exporter: 'otlp', ratio: 1 }, 'OTEL_EXPORTER_OTLP_PROTOCOL'],
  ])('ignore with a warning what the environment %j cannot mean', (env, settings, variable) => {
    const resolved = resolveTracing({}, env)
    expect(resolved.settings).toEqual(settings)
    expect(resolved.warnings).toEqual([expect.stringMatching(new RegExp(`^${variable} '.*' is ignored: it is .`))])
  })

  it('record nothing where OpenTelemetry is disabled, and say so', () => {
    expect(resolveTracing({ recordTo: 'run.jsonl' }, { OTEL_SDK_DISABLED: 'true' })).toEqual({
      settings: { exporter: 'none', ratio: 1 },
      warnings: ['OTEL_SDK_DISABLED: nothing is recorded'],
    })
  })

  it('come to the same when they are resolved again in an actor', () => {
    const { settings } = resolveTracing({ errors: true }, sampler('traceidratio', '0.25'))
    expect(resolveTracing(settings, sampler('always_on')).settings).toEqual(settings)
  })

  it.each([
    [{ exporter: 'zipkin' }, TypeError, `the exporter of tracing is one of console, otlp, none, not 'zipkin'`],
    [{ ratio: 1.1 }, RangeError, 'the ratio of tracing is a number from 0 to 1, not 1.1'],
    [{ ratio: -0.1 }, RangeError, 'the ratio of tracing is a number from 0 to 1, not -0.1'],
    [{ ratio: Number.NaN }, RangeError, 'the ratio of tracing is a number from 0 to 1, not NaN'],
    [{ ratio: '1' }, RangeError, `the ratio of tracing is a number from 0 to 1, not '1'`],
    [{ ration: 1 }, TypeError, `tracing has no option 'ration': there are exporter, ratio, errors and recordTo`],
    [{ errors: 'all' }, TypeError, `errors of tracing is true or false, not 'all'`],
    [{ recordTo: '' }, TypeError, `recordTo of tracing is a file, not ''`],
    [{ recordTo: true }, TypeError, 'recordTo of tracing is a file, not true'],
    ['console', TypeError, 'the options of tracing are an object'],
  ])('%j are refused', (options, type, message) => {
    expect(() => resolveTracing(options, {})).toThrow(new type(message))
  })
})
