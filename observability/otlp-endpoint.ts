type Environment = Readonly<Record<string, string | undefined>>

/** What is sent to a collector, as it is called in the names of variables. */
export type OtlpSignal = 'TRACES' | 'METRICS' | 'LOGS'

const usual = 'http://localhost:4318'

/**
 * Where an exporter sends to, as the environment has it; it does not say so itself. Without what may be secret. What is no
 * address at all it passes over, for the usual one.
 */
export function otlpOrigin(signal: OtlpSignal, env: Environment): string {
  const url = URL.parse(settingOf(signal, 'ENDPOINT', env)?.value ?? usual)
  if (url === null) return usual
  // Of what has no origin, as localhost:4318, the protocol is all that was understood.
  return url.origin === 'null' ? url.protocol : url.origin
}

/** A line about an address that cannot be a collector's, and one about a protocol that is not spoken here. */
export function otlpWarnings(signal: OtlpSignal, env: Environment): readonly string[] {
  const warnings: string[] = []
  const endpoint = settingOf(signal, 'ENDPOINT', env)
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint.value)?.protocol ?? '')) {
    warnings.push(`${endpoint.name} '${endpoint.value}' is no address of a collector: that is one as ${usual}`)
  }
  const protocol = settingOf(signal, 'PROTOCOL', env)
  if (protocol !== undefined && !/^http\/(?:protobuf|json)$/i.test(protocol.value)) {
    const { name, value } = protocol
    warnings.push(
      `${name} '${value}' is ignored: it is sent over HTTP, which a collector takes at port 4318 by default`,
    )
  }
  return warnings
}

function settingOf(
  signal: OtlpSignal,
  what: 'ENDPOINT' | 'PROTOCOL',
  env: Environment,
): { name: string; value: string } | undefined {
  for (const name of [`OTEL_EXPORTER_OTLP_${signal}_${what}`, `OTEL_EXPORTER_OTLP_${what}`]) {
    const value = env[name]?.trim() ?? ''
    if (value !== '') return { name, value }
  }
  return undefined
}
