import type { OtlpSignal } from './otlp-endpoint.ts'

/** How long an export may take, if the environment says so. */
export function otlpTimeoutMs(signal: OtlpSignal): number | undefined {
  const own = `OTEL_EXPORTER_OTLP_${signal}_TIMEOUT`
  return positiveMs(process.env[own] ? own : 'OTEL_EXPORTER_OTLP_TIMEOUT')
}

/** A variable that is a number of milliseconds above 0; undefined for one that is not, or is not set. */
export function positiveMs(name: string): number | undefined {
  const value = Number(process.env[name])
  return value > 0 && Number.isFinite(value) ? value : undefined
}
