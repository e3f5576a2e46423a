import { inspect } from 'node:util'
import { otlpWarnings } from './otlp-endpoint.ts'

/** All places that logs can go to beside stderr: an OTLP collector over HTTP, or none. */
const logExporters = ['otlp', 'none'] as const

/** What to do with the logs beside showing them. What is absent is taken from the `OTEL_*` variables. */
export interface LogsOptions {
  /** Otherwise of OTEL_LOGS_EXPORTER, otherwise `otlp`. Its address and headers are of OTEL_EXPORTER_OTLP_*. */
  readonly exporter?: (typeof logExporters)[number]
}

/** The options with nothing left open. */
export interface LogsSettings extends LogsOptions {
  readonly exporter: (typeof logExporters)[number]
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Checks the options and fills in from the environment what they leave open. OTEL_SDK_DISABLED wins over them. Throws a
 * TypeError for an option that cannot be; a variable that cannot be is ignored with a warning.
 */
export function resolveLogs(
  options: unknown,
  env: Environment,
): { settings: LogsSettings; warnings: readonly string[] } {
  const { exporter } = checkOptions(options ?? {})
  const standard = logsExporterOf(env)
  const disabled = env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true'
  const settings: LogsSettings = {
    exporter: disabled ? 'none' : (exporter ?? standard.exporter ?? 'otlp'),
  }
  const unsent = settings.exporter === 'otlp' ? otlpWarnings('LOGS', env) : []
  return { settings, warnings: [...(exporter === undefined ? standard.warnings : []), ...unsent] }
}

/** What OTEL_LOGS_EXPORTER says; the standard allows a list, of which the first that is known here counts. */
function logsExporterOf(env: Environment): {
  exporter: LogsSettings['exporter'] | undefined
  warnings: readonly string[]
} {
  const value = env['OTEL_LOGS_EXPORTER']?.trim() ?? ''
  if (value === '') return { exporter: undefined, warnings: [] }
  const names = value.split(',').map((name) => name.trim().toLowerCase())
  const exporter = logExporters.find((each) => names.includes(each))
  const warning = `OTEL_LOGS_EXPORTER '${value}' is ignored: it is one of ${logExporters.join(', ')}`
  return { exporter, warnings: exporter === undefined ? [warning] : [] }
}

function checkOptions(options: unknown): LogsOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError('the options of logs are an object')
  const { exporter, ...unknown } = options as Record<keyof LogsOptions, unknown>
  for (const name of Object.keys(unknown)) {
    throw new TypeError(`logs have no option '${name}': there is exporter`)
  }
  if (exporter !== undefined && !logExporters.includes(exporter as LogsSettings['exporter'])) {
    throw new TypeError(`the exporter of logs is one of ${logExporters.join(', ')}, not ${inspect(exporter)}`)
  }
  return options
}
