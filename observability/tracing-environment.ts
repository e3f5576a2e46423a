import type { TraceExporter } from './trace-exporter.ts'

/** What the environment says about traces; undefined where it says nothing. */
export interface TracingEnvironment {
  readonly disabled: boolean
  readonly exporter: TraceExporter | undefined
  readonly ratio: number | undefined
  /** One line for each variable that is ignored. */
  readonly warnings: readonly string[]
}

const exporters: ReadonlyMap<string, TraceExporter> = new Map([
  ['otlp', 'otlp'],
  ['console', 'console'],
  // The name that this exporter had before.
  ['logging', 'console'],
  ['none', 'none'],
])

/**
 * Reads the standard variables that no part of the OpenTelemetry SDK reads: OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER,
 * OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG and OTEL_PROPAGATORS. A sampler becomes a ratio at the source: all later hops follow the
 * source's decision, with or without `parentbased_`, because a trace with holes in it follows nothing.
 */
export function tracingFromEnvironment(env: Readonly<Record<string, string | undefined>>): TracingEnvironment {
  const warnings: string[] = []
  checkPropagators(env, warnings)
  return {
    disabled: read(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true',
    exporter: exporterFrom(env, warnings),
    ratio: ratioFrom(env, warnings),
    warnings,
  }
}

/** The standard allows a list; the first exporter of it that is known here counts. */
function exporterFrom(
  env: Readonly<Record<string, string | undefined>>,
  warnings: string[],
): TraceExporter | undefined {
  const value = read(env, 'OTEL_TRACES_EXPORTER')
  if (value === undefined) return undefined
  for (const name of value.split(',')) {
    const exporter = exporters.get(name.trim().toLowerCase())
    if (exporter !== undefined) return exporter
  }
  warnings.push(`OTEL_TRACES_EXPORTER '${value}' is ignored: it is one of otlp, console, none`)
  return undefined
}

function ratioFrom(env: Readonly<Record<string, string | undefined>>, warnings: string[]): number | undefined {
  const value = read(env, 'OTEL_TRACES_SAMPLER')
  switch (value?.toLowerCase().replace(/^parentbased_/, '')) {
    case undefined:
      return undefined
    case 'always_on':
      return 1
    case 'always_off':
      return 0
    case 'traceidratio':
      return ratioArgument(env, warnings)
    default:
      warnings.push(
        `OTEL_TRACES_SAMPLER '${value}' is ignored: it is one of always_on, always_off, traceidratio, also with parentbased_ before it`,
      )
      return undefined
  }
}

function ratioArgument(env: Readonly<Record<string, string | undefined>>, warnings: string[]): number {
  const value = read(env, 'OTEL_TRACES_SAMPLER_ARG')
  if (value === undefined) return 1
  const ratio = Number(value)
  if (ratio >= 0 && ratio <= 1) return ratio
  warnings.push(`OTEL_TRACES_SAMPLER_ARG '${value}' is ignored: it is a number from 0 to 1`)
  return 1
}

/** How a trace goes on in other programs is not left open. */
function checkPropagators(env: Readonly<Record<string, string | undefined>>, warnings: string[]): void {
  const value = read(env, 'OTEL_PROPAGATORS')
  const names = new Set(value?.split(',').map((name) => name.trim().toLowerCase()))
  if (value === undefined || (names.size === 2 && names.has('tracecontext') && names.has('baggage'))) return
  warnings.push(`OTEL_PROPAGATORS '${value}' is ignored: it is always tracecontext,baggage`)
}

/** A variable that is set to nothing counts as not set. */
function read(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const value = env[name]?.trim()
  return value === '' ? undefined : value
}
