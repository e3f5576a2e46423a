/** What is sent, as it is called in the names of variables. */
export type Signal = 'TRACES' | 'METRICS' | 'LOGS'

/** Where an exporter sends to, as the environment has it; it does not say so itself. Without what may be secret. */
export function otlpEndpoint(signal: Signal): string {
  const address = process.env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`] || process.env['OTEL_EXPORTER_OTLP_ENDPOINT']
  return URL.parse(address || 'http://localhost:4318')?.origin ?? 'the OTLP endpoint'
}

/** How long an export may take, if the environment says so. */
export function otlpTimeoutMs(signal: Signal): number | undefined {
  const own = `OTEL_EXPORTER_OTLP_${signal}_TIMEOUT`
  return positiveMs(process.env[own] ? own : 'OTEL_EXPORTER_OTLP_TIMEOUT')
}

/** A variable that is a number of milliseconds above 0; undefined for one that is not, or is not set. */
export function positiveMs(name: string): number | undefined {
  const value = Number(process.env[name])
  return value > 0 && Number.isFinite(value) ? value : undefined
}
