import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Span, SpanKindName, SpanLink } from '../../pipelines/cli/trace/span.ts'
import { findFreePort } from './free-port.ts'
import { findJaeger, howToGetJaeger } from './jaeger-binary.ts'
import { waitUntil } from './wait-until.ts'

/** A Jaeger of one's own, which keeps all in memory. Disposing it kills it. */
export interface Jaeger extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string
  /** All spans that it has, as its query API tells of them; fails if it warns of one. */
  spans(): Promise<Span[]>
}

/** Starts the Jaeger that is found; version 1 or 2. */
export async function openJaeger(): Promise<Jaeger> {
  const binary = findJaeger()
  if (binary === undefined) throw new Error(howToGetJaeger)
  const folder = await mkdtemp(join(tmpdir(), 'jaeger-'))
  const [otlpPort, queryPort] = [await findFreePort(), await findFreePort()]
  const help = execFileSync(binary, ['help'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const isFirstVersion = help.includes('--collector.otlp.http.host-port')
  await writeFile(join(folder, 'jaeger.yaml'), configuration(otlpPort, queryPort))
  const args = isFirstVersion ? firstVersionArgs(otlpPort, queryPort) : ['--config', join(folder, 'jaeger.yaml')]
  const server = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'], env: {} })
  let complaints = ''
  server.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-4_000)))
  const api = `http://127.0.0.1:${queryPort}/api`
  await waitUntil(() => server.exitCode !== null || answers(api), { withinMs: 30_000, describe: () => complaints })
  if (server.exitCode !== null) throw new Error(`Jaeger (${binary}) has ended with ${server.exitCode}: ${complaints}`)
  return {
    endpoint: `http://127.0.0.1:${otlpPort}`,
    spans: () => readSpans(api),
    async [Symbol.asyncDispose]() {
      await kill(server)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function firstVersionArgs(otlpPort: number, queryPort: number): string[] {
  const others = [
    'query.grpc-server',
    'collector.otlp.grpc',
    'collector.grpc-server',
    'collector.http-server',
    'admin.http',
  ]
  return [
    `--collector.otlp.http.host-port=127.0.0.1:${otlpPort}`,
    `--query.http-server.host-port=127.0.0.1:${queryPort}`,
    ...others.map((name) => `--${name}.host-port=127.0.0.1:0`),
    '--log-level=warn',
  ]
}

function configuration(otlpPort: number, queryPort: number): string {
  return `
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines: { traces: { receivers: [otlp], exporters: [jaeger_storage_exporter] } }
  telemetry: { metrics: { level: none }, logs: { level: warn } }
extensions:
  jaeger_storage: { backends: { memory: { memory: { max_traces: 100000 } } } }
  jaeger_query:
    storage: { traces: memory }
    http: { endpoint: "127.0.0.1:${queryPort}" }
    grpc: { endpoint: "127.0.0.1:0" }
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${otlpPort}" } } } }
exporters: { jaeger_storage_exporter: { trace_storage: memory } }
`
}

// That the clocks of two processes differ by some microseconds.
const harmless = /^clock skew adjustment disabled/

interface JaegerTag {
  readonly key: string
  readonly value: unknown
}

interface JaegerSpan {
  readonly traceID: string
  readonly spanID: string
  readonly operationName: string
  readonly references: readonly { readonly refType: string; readonly traceID: string; readonly spanID: string }[]
  /** In microseconds. */
  readonly startTime: number
  readonly duration: number
  readonly tags: readonly JaegerTag[]
  readonly processID: string
  readonly warnings: readonly string[] | null
}

interface JaegerTrace {
  readonly spans: readonly JaegerSpan[]
  readonly processes: Readonly<Record<string, { readonly serviceName: string; readonly tags: readonly JaegerTag[] }>>
}

async function readSpans(api: string): Promise<Span[]> {
  const services = (await ask<readonly string[]>(`${api}/services`)) ?? []
  const spans = new Map<string, Span>()
  for (const service of services) {
    const query = new URLSearchParams({ service, limit: '100000' })
    for (const trace of (await ask<readonly JaegerTrace[]>(`${api}/traces?${query.toString()}`)) ?? []) {
      for (const span of trace.spans) spans.set(`${span.traceID} ${span.spanID}`, spanOf(span, trace))
    }
  }
  return [...spans.values()]
}

function spanOf(span: JaegerSpan, { processes }: JaegerTrace): Span {
  const { traceID: traceId, spanID: spanId, operationName: name, startTime, duration, references, warnings } = span
  const complaints = (warnings ?? []).filter((warning) => !harmless.test(warning))
  if (complaints.length > 0) throw new Error(`Jaeger warns of '${name}': ${complaints.join('; ')}`)
  const process = processes[span.processID]
  const attributes: Record<string, unknown> = Object.fromEntries(span.tags.map(({ key, value }) => [key, value]))
  const parent = references.find(({ refType, traceID }) => refType === 'CHILD_OF' && traceID === traceId)
  const links = references.filter((each) => each !== parent)
  return {
    traceId,
    spanId,
    parentId: parent?.spanID,
    service: process?.serviceName ?? '',
    instance: process?.tags.find(({ key }) => key === 'service.instance.id')?.value as string | undefined,
    name,
    kind: (attributes['span.kind'] ?? 'unspecified') as SpanKindName,
    startMs: startTime / 1_000,
    endMs: (startTime + duration) / 1_000,
    attributes,
    links: links.map(({ traceID, spanID }): SpanLink => ({ traceId: traceID, spanId: spanID })),
    // Not asked for by any test.
    events: [],
    error: attributes['error'] === true ? errorOf(attributes['otel.status_description']) : undefined,
  }
}

function errorOf(description: unknown): string {
  return typeof description === 'string' ? description : 'failed'
}

async function ask<Data>(url: string): Promise<Data | null> {
  const response = await fetch(url)
  const body = await response.text()
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${body}`)
  return (JSON.parse(body) as { data: Data | null }).data
}

async function answers(api: string): Promise<boolean> {
  return await fetch(`${api}/services`).then(
    ({ ok }) => ok,
    () => false,
  )
}

async function kill(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exited = once(server, 'exit')
  server.kill('SIGKILL')
  await exited
}
