type Environment = Readonly<Record<string, string | undefined>>

/** What is sent to a collector, as it is called in the names of variables. */
export type OtlpSignal = 'TRACES' | 'METRICS' | 'LOGS'

const usual = 'http://localhost:4318'

/**
 * Where an exporter sends to, as the environment has it; it does not say so itself. Without what may be secret. What is no
 * address at all it passes over, for the usual one.
 */
export function otlpOrigin(signal: OtlpSignal, env: Environment): string {
  const url = URL.parse(settingOf(signal, env)?.value ?? usual)
  if (url === null) return usual
  // Of what has no origin, as localhost:4318, the protocol is all that was understood.
  return url.origin === 'null' ? url.protocol : url.origin
}

/** A line about an address that cannot be a collector's. */
export function otlpEndpointWarnings(signal: OtlpSignal, env: Environment): readonly string[] {
  const setting = settingOf(signal, env)
  if (setting === undefined || /^https?:$/.test(URL.parse(setting.value)?.protocol ?? '')) return []
  return [`${setting.name} '${setting.value}' is no address of a collector: that is one as ${usual}`]
}

function settingOf(signal: OtlpSignal, env: Environment): { name: string; value: string } | undefined {
  for (const name of [`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, 'OTEL_EXPORTER_OTLP_ENDPOINT']) {
    const value = env[name]?.trim() ?? ''
    if (value !== '') return { name, value }
  }
  return undefined
}
