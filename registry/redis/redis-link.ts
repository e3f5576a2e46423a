import { currentSignal, RegistryUnavailableError } from '../../engine/index.ts'
import { ProcessHold } from './process-hold.ts'
import type { RedisAddress } from './redis-address.ts'
import { openClient, type RedisClient } from './redis-client.ts'
import { defineScripts, type ScriptCall } from './scripts.ts'

/** How a question to Redis is asked. */
export interface CallOptions {
  /** How long it may take, reconnecting included. Milliseconds, 5000 by default. */
  readonly limitMs?: number
  /** Ends it; by default the ambient cancellation. */
  readonly signal?: AbortSignal
  /** Whether the process may end meanwhile. */
  readonly background?: boolean
}

const usualLimitMs = 5_000
// What may wait for an answer at once.
const maxOpenCount = 10_000
// Answers that say that another try may do.
const passing = /^(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|BUSY|UNBLOCKED)\b/

interface OpenCall {
  readonly sinceMs: number
  readonly background: boolean
}

/**
 * The connection of this process to a Redis, and whether it is there. Owned by the namespace that is opened on it. While it is
 * away, questions wait for it up to their limit; nothing is queued beyond that.
 */
export class RedisLink {
  readonly #address: RedisAddress
  readonly #client: RedisClient
  // In the order in which they were asked.
  readonly #open = new Set<OpenCall>()
  readonly #readyListeners = new Set<() => void>()
  readonly #closing = new AbortController()
  // The socket does not keep the process alive, but whoever waits for an answer does.
  readonly #presence = new ProcessHold()
  readonly #downListeners = new Set<() => void>()
  #lastError: Error | undefined
  #wasReady = false
  #answeredMs = performance.now()

  constructor(address: RedisAddress) {
    this.#address = address
    this.#client = openClient(address, `flow ${process.pid}`)
    defineScripts(this.#client)
    this.#client.on('error', (error: Error) => {
      this.#lastError = error
    })
    this.#client.on('ready', () => {
      this.#wasReady = true
      this.#lastError = undefined
      for (const listener of this.#readyListeners) listener()
    })
    this.#client.on('close', () => {
      for (const listener of this.#downListeners) listener()
    })
    // How that went, 'ready' and 'error' say.
    this.#client.connect().catch(() => undefined)
  }

  get isReady(): boolean {
    return this.#client.status === 'ready'
  }

  /** Aborts when it is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Why it cannot be asked at the moment; undefined while it can, and before the first connection was tried. */
  get outage(): RegistryUnavailableError | undefined {
    const [oldest] = this.#open
    const stalledMs = Math.max(250, Math.min(1_000, this.#address.leaseMs / 3))
    if (oldest !== undefined && performance.now() - oldest.sinceMs > stalledMs) return this.#unavailable()
    return this.isReady || (!this.#wasReady && this.#lastError === undefined) ? undefined : this.#unavailable()
  }

  #unavailable(why?: string, options?: ErrorOptions): RegistryUnavailableError {
    const cause = this.#lastError
    const silence = `it does not answer${this.#address.servers.access.tls === undefined ? '' : ': does it speak TLS?'}`
    const reason = why ?? (cause === undefined ? silence : reasonOf(cause))
    return new RegistryUnavailableError(this.#address.shown, reason, options ?? { cause })
  }

  /** Calls back at each connection from now on; returns how to leave. */
  onReady(listener: () => void): () => void {
    this.#readyListeners.add(listener)
    return () => this.#readyListeners.delete(listener)
  }

  /** Calls back each time that a connection has ended, or could not be made. */
  onDown(listener: () => void): void {
    this.#downListeners.add(listener)
  }

  /** Waits until it is connected. Throws `RegistryUnavailableError` after `limitMs`. */
  async connected(options: CallOptions = {}): Promise<void> {
    const { limitMs = usualLimitMs, signal = currentSignal() } = options
    await this.#within(performance.now() + limitMs, signal, (end) => this.#whenReady(end))
  }

  /** Runs a script; it may be run again if the connection breaks. Throws `RegistryUnavailableError` after its limit. */
  async call({ command, args }: ScriptCall, options: CallOptions = {}): Promise<unknown> {
    return await this.command(command, args, options)
  }

  /** The same for a command of Redis's own. */
  async command(name: string, args: readonly string[], options: CallOptions = {}): Promise<unknown> {
    const { limitMs = usualLimitMs, signal = currentSignal(), background = false } = options
    signal.throwIfAborted()
    if (this.#open.size >= maxOpenCount) throw this.#unavailable(`${maxOpenCount} questions to it are open already`)
    const untilMs = performance.now() + limitMs
    const call: OpenCall = { sinceMs: performance.now(), background }
    this.#begin(call)
    try {
      return await this.#within(untilMs, signal, (end) => this.#ask(name, args, end))
    } finally {
      this.#finish(call)
    }
  }

  async #ask(name: string, args: readonly string[], end: AbortSignal): Promise<unknown> {
    for (;;) {
      await this.#whenReady(end)
      try {
        const client = this.#client as unknown as Record<string, (...args: string[]) => Promise<unknown>>
        const answer = await client[name]?.(...args)
        this.#answeredMs = performance.now()
        return answer
      } catch (error) {
        if (end.aborted) throw error
        if (isAnswer(error)) {
          this.#answeredMs = performance.now()
          if (!passing.test(error.message)) throw this.#unavailable(error.message, { cause: error })
        }
        await pause(end)
      }
    }
  }

  #whenReady(end: AbortSignal): Promise<void> {
    if (this.isReady) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const leave = this.onReady(() => {
        end.removeEventListener('abort', giveUp)
        leave()
        resolve()
      })
      const giveUp = () => {
        leave()
        reject(end.reason as Error)
      }
      end.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** Does something until the limit, the signal or the end of the link. What it still does then is nobody's. */
  async #within<T>(untilMs: number, signal: AbortSignal, work: (end: AbortSignal) => Promise<T>): Promise<T> {
    const end = new AbortController()
    const ended = Promise.withResolvers<never>()
    const stop = (reason: Error) => {
      end.abort(reason)
      ended.reject(reason)
    }
    const onSignal = () => stop(signal.reason as Error)
    const onClosing = () => stop(this.#unavailable('it was closed'))
    const timer = setTimeout(
      () => {
        stop(this.outage ?? this.#unavailable('it does not answer'))
        this.#reconnectIfDead()
      },
      Math.max(0, untilMs - performance.now()),
    )
    signal.addEventListener('abort', onSignal, { once: true })
    this.#closing.signal.addEventListener('abort', onClosing, { once: true })
    if (signal.aborted) onSignal()
    if (this.#closing.signal.aborted) onClosing()
    const working = work(end.signal)
    working.catch(() => undefined)
    try {
      return await Promise.race([working, ended.promise])
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onSignal)
      this.#closing.signal.removeEventListener('abort', onClosing)
      end.abort()
    }
  }

  /** A connection on which nothing comes may be to nobody. */
  #reconnectIfDead(): void {
    const [oldest] = this.#open
    if (!this.isReady || oldest === undefined) return
    const now = performance.now()
    const limitMs = Math.max(usualLimitMs, this.#address.leaseMs)
    if (now - this.#answeredMs > limitMs && now - oldest.sinceMs > limitMs) this.#client.disconnect(true)
  }

  #begin(call: OpenCall): void {
    this.#open.add(call)
    if (!call.background) this.#presence.hold()
  }

  #finish(call: OpenCall): void {
    this.#open.delete(call)
    if (!call.background) this.#presence.leave()
  }

  close(): void {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(this.#unavailable('it was closed'))
    this.#client.disconnect()
    this.#readyListeners.clear()
    this.#downListeners.clear()
  }
}

/** What the server said, as opposed to what happened to the connection. */
function isAnswer(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

function reasonOf(error: Error): string {
  // When every address of a name refuses, the system's error has a code and no message.
  return error.message === '' && 'code' in error ? String(error.code) : error.message
}

const pauseMs = 25

function pause(end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, pauseMs)
    end.addEventListener('abort', () => clearTimeout(timer), { once: true })
  })
}
