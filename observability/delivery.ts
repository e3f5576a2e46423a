import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { type Exporter, type ExportResult, exported } from './export-result.ts'
import { settlesWithin } from './settles-within.ts'

/** How a `Delivery` complains. */
export interface DeliveryOptions {
  /** What a complaint begins with. */
  readonly topic: 'tracing' | 'metrics' | 'logs'
  /** What is done with it, for the complaint: by itself, it is sent. */
  readonly verb?: 'send' | 'record'
  /** What it is, whose it is and where it goes, for the complaint. */
  readonly route: string
  /** Is given a line, without its end. */
  complain(line: string): void
}

/** How many were to be sent, and how many of them nobody took. */
export interface DeliveryCounts {
  readonly givenCount: number
  readonly lostCount: number
}

/**
 * Watches what an actor sends to a collector, or records, on its way: its spans, the entries of its log, or the data points of
 * its metrics. Failures end here: a collector that is down must not disturb a pipeline. It is said once that some of it is lost,
 * when the first is, and at the end how much was; in one line if it turns out at the end.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  #givenCount = 0
  #deliveredCount = 0
  #complained = false
  #closing = false
  #reason: string | undefined

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** So many are to be sent: to be called before a queue, which drops silently what it has no room for. */
  given(count: number): void {
    this.#givenCount += count
  }

  /** So many were taken, or not. */
  settled(count: number, { code, rejectedCount = 0, error }: ExportResult): void {
    const isTaken = code === exported.code
    if (isTaken) this.#deliveredCount += Math.max(0, count - rejectedCount)
    if (!isTaken || rejectedCount > 0) this.#complain(reasonOf(error))
  }

  /** Some were thrown away, as there is no room for more that wait. */
  dropped(): void {
    this.#complain('they come faster than they are taken')
  }

  /** Waits for an exporter's shutdown. Never rejects. */
  async closed(shutdown: Promise<void>): Promise<void> {
    await shutdown.catch((error: unknown) => this.#complain(reasonOf(error)))
  }

  /** Counts the spans of a tracer provider. */
  get counter(): SpanProcessor {
    return {
      onStart: () => {},
      onEnd: () => this.given(1),
      forceFlush: async () => {},
      shutdown: async () => {},
    }
  }

  /** An exporter that never fails, which owns the one that may. `countOf` says how many are exported at a time. */
  watch<T>(exporter: Exporter<T>, countOf: (given: T) => number): Required<Exporter<T>> {
    return {
      export: (given, done) => {
        exporter.export(given, (result) => {
          this.settled(countOf(given), result)
          done(exported)
        })
      },
      forceFlush: async () => await exporter.forceFlush?.(),
      shutdown: () => this.closed(exporter.shutdown()),
    }
  }

  /** Sends the last ones, which may take so long, and says what was lost, and why. What is lost meanwhile is said with that. */
  async end(send: () => Promise<unknown>, limitMs: number): Promise<DeliveryCounts> {
    this.#closing = true
    const inTime = await settlesWithin(send(), limitMs)
    const givenCount = this.#givenCount
    const lostCount = givenCount - this.#deliveredCount
    if (lostCount > 0) {
      const why = this.#reason ?? (inTime ? 'more than could be sent in time' : `not taken within ${limitMs} ms`)
      this.#say(`lost ${lostCount} of ${givenCount} ${this.#options.route}${this.#complained ? '' : `: ${why}`}`)
    }
    return { givenCount, lostCount }
  }

  #complain(reason: string): void {
    this.#reason ??= reason
    if (this.#complained || this.#closing) return
    this.#complained = true
    const { verb = 'send', route } = this.#options
    this.#say(`cannot ${verb} ${route}: ${reason}; they are dropped, and the pipeline runs on`)
  }

  #say(what: string): void {
    this.#options.complain(`${this.#options.topic}: ${what.replace(/\s+/g, ' ')}`)
  }
}

/** A refused connection to a name with several addresses has no message, only a code. */
function reasonOf(error: unknown): string {
  if (!Error.isError(error)) return 'no reason given'
  const code = 'code' in error ? String(error.code) : ''
  return error.message || code || error.name
}
