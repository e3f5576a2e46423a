type Environment = Readonly<Record<string, string | undefined>>

/** What is sent to a collector, as it is called in the names of variables. */
export type OtlpSignal = 'TRACES' | 'METRICS' | 'LOGS'

const usual = 'http://localhost:4318'

/** Where an exporter sends to, as the environment has it; it does not say so itself. Without what may be secret. */
export function otlpOrigin(signal: OtlpSignal, env: Environment): string {
  return endpointOf(signal, env)?.url?.origin ?? usual
}

/** The address for an exporter, where the environment's is no collector's; undefined where it finds the right one there. */
export function otlpUrlInstead(signal: OtlpSignal, env: Environment): { readonly url?: string } {
  const endpoint = endpointOf(signal, env)
  return endpoint === undefined || endpoint.url !== undefined ? {} : { url: `${usual}/v1/${signal.toLowerCase()}` }
}

/** A line about an address that cannot be a collector's, and one about a protocol that is not spoken here. */
export function otlpWarnings(signal: OtlpSignal, env: Environment): readonly string[] {
  const warnings: string[] = []
  const endpoint = endpointOf(signal, env)
  if (endpoint !== undefined && endpoint.url === undefined) {
    const { name, value } = endpoint
    warnings.push(`${name} '${value}' is ignored: it is no address as http://host:4318; it is sent to ${usual}`)
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

/** `url` is undefined for what is no address of HTTP. */
function endpointOf(
  signal: OtlpSignal,
  env: Environment,
): { name: string; value: string; url: URL | undefined } | undefined {
  const setting = settingOf(signal, 'ENDPOINT', env)
  if (setting === undefined) return undefined
  const url = URL.parse(setting.value)
  return { ...setting, url: url !== null && /^https?:$/.test(url.protocol) ? url : undefined }
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
