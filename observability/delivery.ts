import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { type ExportResult, exported } from './export-result.ts'

/** How a `Delivery` complains. */
export interface DeliveryOptions {
  /** What a complaint begins with; `tracing` by default. */
  readonly topic?: string
  /** Whose spans they are and where they go, for the complaint. */
  readonly route: string
  /** Is given a line, without its end. */
  complain(line: string): void
}

/**
 * Watches the spans of an actor, or the entries of its log, on their way through its exporters. Failures end here: a collector
 * that is down must not disturb a pipeline. It is said once that spans are lost, when the first of them are, and at the end
 * how many were; in one line if it turns out at the end.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  #endedCount = 0
  #deliveredCount = 0
  #complained = false
  #closing = false
  #reason: string | undefined

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** So many spans have ended: to be called before the queue, which drops silently what it has no room for. */
  ended(spanCount: number): void {
    this.#endedCount += spanCount
  }

  /** So many spans were taken, or not. */
  settled(spanCount: number, { code, error }: ExportResult): void {
    if (code === exported.code) this.#deliveredCount += spanCount
    else this.#complain(reasonOf(error))
  }

  /** Spans were thrown away, as there is no room for more that wait. */
  dropped(): void {
    this.#complain('they come faster than they are taken')
  }

  /** No more spans will come: what is lost from now on is said with the count. */
  close(): void {
    this.#closing = true
  }

  /** Waits for an exporter's shutdown. Never rejects. */
  async closed(shutdown: Promise<void>): Promise<void> {
    await shutdown.catch((error: unknown) => this.#complain(reasonOf(error)))
  }

  /** Counts the spans of a tracer provider. */
  get counter(): SpanProcessor {
    return {
      onStart: () => {},
      onEnd: () => this.ended(1),
      forceFlush: async () => {},
      shutdown: async () => {},
    }
  }

  /** An exporter that never fails, which owns the one that may. */
  watch(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans: ReadableSpan[], done: (result: ExportResult) => void) => {
        exporter.export(spans, (result) => {
          this.settled(spans.length, result)
          done(exported)
        })
      },
      shutdown: () => this.closed(exporter.shutdown()),
    }
  }

  /** Nothing more will be delivered: says what was lost, and why. */
  conclude(why: string): void {
    const lostCount = this.#endedCount - this.#deliveredCount
    if (lostCount <= 0) return
    const reason = this.#complained ? '' : `: ${this.#reason ?? why}`
    this.#say(`lost ${lostCount} of ${this.#endedCount} ${this.#options.route}${reason}`)
  }

  #complain(reason: string): void {
    this.#reason ??= reason
    if (this.#complained || this.#closing) return
    this.#complained = true
    this.#say(`cannot send ${this.#options.route}: ${reason}; they are dropped, and the pipeline runs on`)
  }

  #say(what: string): void {
    this.#options.complain(`${this.#options.topic ?? 'tracing'}: ${what.replace(/\s+/g, ' ')}`)
  }
}

/** A refused connection to a name with several addresses has no message, only a code. */
function reasonOf(error: unknown): string {
  if (!Error.isError(error)) return 'no reason given'
  const code = 'code' in error ? String(error.code) : ''
  return error.message || code || error.name
}
