import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import type { Attachment, LogWatcher } from '../engine/index.ts'
import { actorResource } from './actor-resource.ts'
import { Delivery } from './delivery.ts'
import { instrumentationScope as scope } from './instrumentation-scope.ts'
import { describeEntry } from './log-message.ts'
import { otlpOrigin } from './otlp-endpoint.ts'
import { openOtlpExporter } from './otlp-exporter.ts'
import { sdkLogs } from './otlp-formats.ts'
import { farewellMs, otlpTimeoutMs } from './otlp-timeouts.ts'

// Beyond that, entries are not sent.
const queueCount = 4_096

/** The logs of one actor on their way to a collector. */
export interface OpenLogs {
  readonly watcher: LogWatcher
  /** Sends what is pending. Waits about 2 s at most and never rejects. */
  shutdown(): Promise<void>
}

/**
 * Sends what an actor logs to the collector of OTEL_EXPORTER_OTLP_*, in batches and in the background. Nothing here throws or
 * is in the actor's way; that entries cannot be sent is said once, on stderr.
 */
export function openLogs({ actor, pipeline, notice }: Pick<Attachment, 'actor' | 'pipeline' | 'notice'>): OpenLogs {
  const timeoutMs = otlpTimeoutMs('LOGS')
  const delivery = new Delivery({
    topic: 'logs',
    route: `log entries of actor '${actor.name}' (${actor.id}) to ${otlpOrigin('LOGS', process.env)}`,
    complain: (line) => notice('warn', line),
  })
  const exporter = delivery.watch(openOtlpExporter(sdkLogs, timeoutMs), sdkLogs.countOf)
  const provider = new LoggerProvider({
    resource: actorResource(actor, pipeline),
    processors: [new BatchLogRecordProcessor({ exporter, maxQueueSize: queueCount, exportTimeoutMillis: timeoutMs })],
  })
  const logger = provider.getLogger(scope.name, scope.version, scope)
  return {
    watcher(entry) {
      delivery.given(1)
      logger.emit(describeEntry(entry, actor))
    },
    async shutdown() {
      await delivery.end(() => provider.shutdown(), farewellMs(timeoutMs))
    },
  }
}
