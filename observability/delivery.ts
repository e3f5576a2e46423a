import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { type ExportResult, exported } from './export-result.ts'

/** How a `Delivery` complains. */
export interface DeliveryOptions {
  /** Whose spans they are and where they go, for the complaint. */
  readonly route: string
  complain(line: string): void
}

/**
 * Watches the spans of an actor on their way through an exporter, which it owns. Failures end here: a collector that is
 * down must not disturb a pipeline. It is said once, in one line, that spans are lost: at the first failure, or at the
 * end if they were too many or not taken in time.
 */
export class Delivery implements SpanExporter {
  readonly #exporter: SpanExporter
  readonly #options: DeliveryOptions
  #endedCount = 0
  #deliveredCount = 0
  #complained = false

  constructor(exporter: SpanExporter, options: DeliveryOptions) {
    this.#exporter = exporter
    this.#options = options
  }

  /** Counts the spans before the queue, which drops silently what it has no room for. */
  get counter(): SpanProcessor {
    return {
      onStart: () => {},
      onEnd: () => {
        this.#endedCount += 1
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    }
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, ({ code, error }) => {
      if (code === exported.code) this.#deliveredCount += spans.length
      else this.#complain(`cannot send ${this.#options.route}: ${reasonOf(error)}; the pipeline runs on without them`)
      done(exported)
    })
  }

  /** Waits for the exports that are under way. Never rejects. */
  async shutdown(): Promise<void> {
    await this.#exporter.shutdown().catch((error: unknown) => {
      this.#complain(`cannot send ${this.#options.route}: ${reasonOf(error)}`)
    })
  }

  /** Nothing more will be delivered: says what was lost, and why. */
  conclude(why: string): void {
    const lostCount = this.#endedCount - this.#deliveredCount
    if (lostCount <= 0) return
    this.#complain(`lost ${lostCount} of ${this.#endedCount} ${this.#options.route}: ${why}`)
  }

  #complain(what: string): void {
    if (this.#complained) return
    this.#complained = true
    this.#options.complain(`tracing: ${what.replace(/\s+/g, ' ')}\n`)
  }
}

/** A refused connection to a name with several addresses has no message, only a code. */
function reasonOf(error: unknown): string {
  if (!Error.isError(error)) return 'no reason given'
  const code = 'code' in error ? String(error.code) : ''
  return error.message || code || error.name
}
