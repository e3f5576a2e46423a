import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs'
import type { Attachment, LogWatcher } from '../engine/index.ts'
import { actorResource } from './actor-resource.ts'
import { Delivery } from './delivery.ts'
import { exported } from './export-result.ts'
import { describeEntry } from './log-message.ts'
import type { LogsSettings } from './logs-options.ts'
import { otlpOrigin } from './otlp-endpoint.ts'
import { otlpTimeoutMs } from './otlp-timeouts.ts'
import { settlesWithin } from './settles-within.ts'

// As for traces: a collector that is down must not hold up the end of a run. OTEL_EXPORTER_OTLP_TIMEOUT asks for more.
const exportTimeoutMs = 1_500
const shutdownSlackMs = 500
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
export function openLogs({ actor, notice }: Pick<Attachment, 'actor' | 'notice'>, settings: LogsSettings): OpenLogs {
  const timeoutMs = otlpTimeoutMs('LOGS') ?? exportTimeoutMs
  const delivery = new Delivery({
    topic: 'logs',
    route: `log entries of actor '${actor.name}' (${actor.id}) to ${otlpOrigin('LOGS', process.env)}`,
    complain: (line) => notice('warn', line),
  })
  const exporter = watched(new OTLPLogExporter({ timeoutMillis: timeoutMs }), delivery)
  const provider = new LoggerProvider({
    resource: actorResource(actor, settings.pipeline),
    processors: [new BatchLogRecordProcessor({ exporter, maxQueueSize: queueCount, exportTimeoutMillis: timeoutMs })],
  })
  const logger = provider.getLogger('actorflow')
  return {
    watcher(entry) {
      delivery.ended(1)
      logger.emit(describeEntry(entry, actor))
    },
    async shutdown() {
      const limitMs = timeoutMs + shutdownSlackMs
      delivery.close()
      const inTime = await settlesWithin(provider.shutdown(), limitMs)
      delivery.conclude(inTime ? 'more than could be sent in time' : `not taken within ${limitMs} ms`)
    },
  }
}

/** An exporter that never fails, which owns the one that may. */
function watched(exporter: LogRecordExporter, delivery: Delivery): LogRecordExporter {
  return {
    export: (entries, done) => {
      exporter.export(entries, (result) => {
        // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the same enum, of another copy of a package
        delivery.settled(entries.length, result)
        // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the same
        done(exported)
      })
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => delivery.closed(exporter.shutdown()),
  }
}
