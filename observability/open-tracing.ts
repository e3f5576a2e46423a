import { propagation, type Tracer, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { ActorId, Attachment } from '../engine/index.ts'
import { actorResource } from './actor-resource.ts'
import { Delivery } from './delivery.ts'
import type { HopSpans } from './hop-spans.ts'
import { type ItemContexts, openItemContexts } from './item-contexts.ts'
import { createLineExporter } from './line-exporter.ts'
import { otlpOrigin } from './otlp-endpoint.ts'
import { openRecording } from './otlp-sender.ts'
import { otlpTimeoutMs } from './otlp-timeouts.ts'
import { propagators } from './propagators.ts'
import { settlesWithin } from './settles-within.ts'
import { createSampler } from './source-sampler.ts'
import { SpanFile } from './span-file.ts'
import { createTracerSpans } from './tracer-spans.ts'
import type { TracingSettings } from './tracing-options.ts'

// The standard's 10 s are for a collector far away. A process cannot end while an export tries again, so that with a
// collector that is down every run would take that much longer. OTEL_EXPORTER_OTLP_TIMEOUT asks for more.
const exportTimeoutMs = 1_500
// Over the timeout of an export, so that the reason of its failure is known.
const shutdownSlackMs = 500
// Seldom enough to fill batches, often enough to look on while it runs.
const exportEveryMs = 1_000
// The OTLP exporter takes 30 batches of 512 at a time, and at the shutdown it is given the whole queue.
const queueCount = 8_192
const scopeName = 'actorflow'

/** The traces of one actor. */
export interface OpenTracing {
  /** Takes the spans of message hops. */
  readonly spans: HopSpans
  /** Makes the other spans. */
  readonly tracer: Tracer
  /** What is active in the actor's code. */
  readonly contexts: ItemContexts
  /** Sends what is pending. Waits about 2 s at most and never rejects: spans that cannot be sent are a line on stderr. */
  shutdown(): Promise<void>
}

type TracedActor = Pick<Attachment, 'actor' | 'ambient' | 'writeLine' | 'notice'>

/**
 * Sets up the OpenTelemetry SDK in an actor's process. If the application has not set up one of its own, this becomes the
 * one that `@opentelemetry/api` knows, until the shutdown: spans that user code makes go the same way. Spans for people are
 * lines for `writeLine`, complaints are notices. Those of message hops, which may be a hundred thousand a second, do not go through the
 * SDK if they are for a collector alone.
 */
export function openTracing(
  { actor, ambient, writeLine, notice }: TracedActor,
  settings: TracingSettings,
): OpenTracing {
  const { exporter, ratio, pipeline, recordTo } = settings
  const timeoutMs = otlpTimeoutMs('TRACES') ?? exportTimeoutMs
  const delivery = new Delivery({
    route: `spans of actor '${actor.name}' (${actor.id})${exporter === 'otlp' ? ` to ${otlpOrigin('TRACES', process.env)}` : ''}`,
    complain: (line) => notice('warn', line),
  })
  const processors: SpanProcessor[] = []
  if (exporter !== 'none') {
    const queue = new BatchSpanProcessor({
      exporter: delivery.watch(openExporter(settings, timeoutMs, writeLine)),
      maxQueueSize: queueCount,
      scheduledDelayMillis: exportEveryMs,
    })
    processors.push(delivery.counter, queue)
  }
  if (recordTo !== undefined) processors.push(openSpanFile(actor, recordTo, notice))
  const resource = actorResource(actor, pipeline)
  const provider = new TracerProvider({
    resource,
    sampler: createSampler(ratio),
    spanProcessors: processors,
  })
  const { contexts, close: closeContexts } = openItemContexts(ambient)
  const unregister = registerGlobally(provider)
  const tracer = provider.getTracer(scopeName)
  const recording =
    exporter === 'otlp' && recordTo === undefined
      ? openRecording({ resource: resource.attributes, scopeName, timeoutMs, pipeline }, delivery)
      : undefined

  const spans = recording?.spans ?? createTracerSpans(tracer, pipeline)
  return {
    spans,
    tracer,
    contexts,
    async shutdown() {
      spans.close()
      delivery.close()
      const limitMs = timeoutMs + shutdownSlackMs
      const inTime = await settlesWithin(Promise.all([provider.shutdown(), recording?.shutdown()]), limitMs)
      unregister()
      closeContexts()
      delivery.conclude(inTime ? 'more than could be sent in time' : `not taken within ${limitMs} ms`)
    },
  }
}

function openExporter(
  { exporter }: TracingSettings,
  timeoutMs: number,
  writeLine: (line: string) => void,
): SpanExporter {
  return exporter === 'otlp'
    ? new OTLPTraceExporter({ timeoutMillis: timeoutMs })
    : createLineExporter(writeLine, linesWritten)
}

function openSpanFile(actor: ActorId, path: string, notice: Attachment['notice']): SpanFile {
  return new SpanFile(path, {
    complain: (error) => {
      const reason = Error.isError(error) ? error.message : String(error)
      notice('warn', `tracing: cannot record the spans of actor '${actor.name}' (${actor.id}): ${reason}`)
    },
  })
}

/** Leaves alone what the application, or another actor of this process, has registered. Returns how to undo it. */
function registerGlobally(provider: TracerProvider): () => void {
  const ownsPropagation = propagation.setGlobalPropagator(propagators)
  const ownsTraces = trace.setGlobalTracerProvider(provider)
  return () => {
    if (ownsPropagation) propagation.disable()
    if (ownsTraces) trace.disable()
  }
}

async function linesWritten(): Promise<void> {
  if (process.stderr.writableLength === 0) return
  await new Promise<void>((resolve) => process.stderr.write('', () => resolve()))
}
