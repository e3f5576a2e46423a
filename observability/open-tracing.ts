import { propagation, type Tracer, trace } from '@opentelemetry/api'
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { ActorId, Attachment } from '../engine/index.ts'
import { actorResource } from './actor-resource.ts'
import { Delivery } from './delivery.ts'
import type { HopSpans } from './hop-spans.ts'
import { instrumentationScope as scope } from './instrumentation-scope.ts'
import { type ItemContexts, openItemContexts } from './item-contexts.ts'
import { createLineExporter } from './line-exporter.ts'
import { otlpOrigin } from './otlp-endpoint.ts'
import { openOtlpExporter } from './otlp-exporter.ts'
import { sdkSpans } from './otlp-formats.ts'
import { openRecording } from './otlp-sender.ts'
import { farewellMs, otlpTimeoutMs } from './otlp-timeouts.ts'
import { propagators } from './propagators.ts'
import { tellSent } from './sent-spans.ts'
import { createSampler } from './source-sampler.ts'
import { SpanFile } from './span-file.ts'
import { createTracerSpans } from './tracer-spans.ts'
import type { TracingSettings } from './tracing-options.ts'

// Seldom enough to fill batches, often enough to look on while it runs.
const exportEveryMs = 1_000
// The OTLP exporter takes 30 batches of 512 at a time, and at the shutdown it is given the whole queue.
const queueCount = 8_192

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

type TracedActor = Pick<Attachment, 'actor' | 'pipeline' | 'ambient' | 'writeLine' | 'notice'>

/**
 * Sets up the OpenTelemetry SDK in an actor's process. If the application has not set up one of its own, this becomes the
 * one that `@opentelemetry/api` knows, until the shutdown: spans that user code makes go the same way. Spans for people are
 * lines for `writeLine`, complaints are notices. Those of message hops, which may be a hundred thousand a second, do not go through the
 * SDK if they are for a collector alone.
 */
export function openTracing(
  { actor, pipeline, ambient, writeLine, notice }: TracedActor,
  settings: TracingSettings,
): OpenTracing {
  const { exporter, ratio, recordTo } = settings
  const timeoutMs = otlpTimeoutMs('TRACES')
  const delivery = new Delivery({
    topic: 'tracing',
    route: `spans of actor '${actor.name}' (${actor.id})${exporter === 'otlp' ? ` to ${otlpOrigin('TRACES', process.env)}` : ''}`,
    complain: (line) => notice('warn', line),
  })
  const processors: SpanProcessor[] = []
  if (exporter !== 'none') {
    const queue = new BatchSpanProcessor({
      exporter: delivery.watch(openExporter(settings, timeoutMs, writeLine), ({ length }) => length),
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
  const tracer = provider.getTracer(scope.name, scope.version, scope)
  const recording =
    exporter === 'otlp' && recordTo === undefined
      ? openRecording({ resource: resource.attributes, scope, timeoutMs, pipeline }, delivery)
      : undefined

  const spans = recording?.spans ?? createTracerSpans(tracer, pipeline)
  return {
    spans,
    tracer,
    contexts,
    async shutdown() {
      spans.close()
      const send = () => Promise.all([provider.shutdown(), recording?.shutdown()])
      const counts = await delivery.end(send, farewellMs(timeoutMs))
      if (exporter === 'otlp') tellSent({ actor, ...counts })
      unregister()
      closeContexts()
    },
  }
}

function openExporter(
  { exporter }: TracingSettings,
  timeoutMs: number,
  writeLine: (line: string) => void,
): SpanExporter {
  return exporter === 'otlp' ? openOtlpExporter(sdkSpans, timeoutMs) : createLineExporter(writeLine, linesWritten)
}

function openSpanFile(actor: ActorId, path: string, notice: Attachment['notice']): SpanFile {
  const delivery = new Delivery({
    topic: 'tracing',
    verb: 'record',
    route: `spans of actor '${actor.name}' (${actor.id}) to ${path}`,
    complain: (line) => notice('warn', line),
  })
  return new SpanFile(path, delivery)
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
