import { otlpWarnings } from './otlp-endpoint.ts'
import { type TraceExporter, traceExporters } from './trace-exporter.ts'
import { tracingFromEnvironment } from './tracing-environment.ts'

/** What to trace and where to send it. What is absent is taken from the `OTEL_*` variables. */
export interface TracingOptions {
  /** Otherwise of OTEL_TRACES_EXPORTER, otherwise `otlp`. Its address and headers are of OTEL_EXPORTER_OTLP_*. */
  readonly exporter?: TraceExporter
  /** How many of the items that a source sends are followed: 0 to 1. Otherwise of OTEL_TRACES_SAMPLER, otherwise 1. */
  readonly ratio?: number
  /**
   * Whether what fails is followed even if it was not sampled: the span of the hop at which an item failed, and that of a call
   * that failed in its caller. False where absent, as each hop then has more to do with every item.
   */
  readonly errors?: boolean
  /**
   * A file that every actor appends its spans to, as lines of OTLP/JSON, beside what the exporter does. The root empties it if it
   * is the recording of an earlier run, and has it for itself until it ends.
   */
  readonly recordTo?: string
}

/** The options with nothing left open. */
export interface TracingSettings extends TracingOptions {
  readonly exporter: TraceExporter
  readonly ratio: number
}

/**
 * Checks the options and fills in from the environment what they leave open. OTEL_SDK_DISABLED is no option's
 * counterpart but a switch of its own, so it wins over them. Throws a TypeError or RangeError for an option that cannot
 * be; a variable that cannot be is ignored with a warning, as OpenTelemetry asks for.
 */
export function resolveTracing(
  options: unknown,
  env: Readonly<Record<string, string | undefined>>,
): { settings: TracingSettings; warnings: readonly string[] } {
  const { exporter, ratio, errors, recordTo } = checkOptions(options ?? {})
  const standard = tracingFromEnvironment(env)
  const settings: TracingSettings = {
    exporter: standard.disabled ? 'none' : (exporter ?? standard.exporter ?? 'otlp'),
    ratio: ratio ?? standard.ratio ?? 1,
    ...(errors === undefined ? {} : { errors }),
    ...(recordTo === undefined || standard.disabled ? {} : { recordTo }),
  }
  const unrecorded = recordTo !== undefined && standard.disabled ? ['OTEL_SDK_DISABLED: nothing is recorded'] : []
  const unsent = settings.exporter === 'otlp' ? otlpWarnings('TRACES', env) : []
  return { settings, warnings: [...standard.warnings, ...unrecorded, ...unsent] }
}

function checkOptions(options: unknown): TracingOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError('the options of tracing are an object')
  const { exporter, ratio, errors, recordTo, ...unknown } = options as Record<keyof TracingOptions, unknown>
  for (const name of Object.keys(unknown)) {
    throw new TypeError(`tracing has no option '${name}': there are exporter, ratio, errors and recordTo`)
  }
  if (exporter !== undefined && !traceExporters.includes(exporter as TraceExporter)) {
    throw new TypeError(`the exporter of tracing is one of ${traceExporters.join(', ')}, not ${show(exporter)}`)
  }
  if (ratio !== undefined && !(typeof ratio === 'number' && ratio >= 0 && ratio <= 1)) {
    throw new RangeError(`the ratio of tracing is a number from 0 to 1, not ${show(ratio)}`)
  }
  if (errors !== undefined && typeof errors !== 'boolean') {
    throw new TypeError(`errors of tracing is true or false, not ${show(errors)}`)
  }
  if (recordTo !== undefined && (typeof recordTo !== 'string' || recordTo === '')) {
    throw new TypeError(`recordTo of tracing is a file, not ${show(recordTo)}`)
  }
  return options
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
