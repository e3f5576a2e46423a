import { UsageError } from '../errors.ts'
import type { Tree } from '../tree.ts'
import { packBootLetter } from './boot-letter.ts'
import { waitForExit } from './exit.ts'
import { environmentFor, type LaunchOptions, type StartedProcess, startProcess } from './start.ts'

// More than any machine starts at once; each takes some 15 MB.
const most = 256

// How long nobody takes one before new ones are started: they are not to be in the way of the actor that is just starting.
const settleMs = 100

// After processes that died while they waited, longer each time.
const longestWaitMs = 10_000

/** Throws `UsageError` for a number of processes that cannot be kept. */
export function checkPrewarm(count: number): void {
  if (Number.isSafeInteger(count) && count >= 0 && count <= most) return
  throw new UsageError(`prewarm must be a whole number from 0 to ${most}, not ${String(count)}`)
}

interface WarmProcess extends StartedProcess {
  /** What it was started with: it is only as good as a new one while a new one would get the same. */
  readonly env: NodeJS.ProcessEnv
  readonly folder: string
  readonly exited: Promise<unknown>
  /** Whether it has loaded everything and waits. Until then a new one is as fast. */
  ready: boolean
}

/**
 * Processes that have the engine loaded and wait for an actor to become. The root owns them: they serve the actors that it
 * starts itself, and end with it. They do not keep its process alive.
 */
export class WarmProcesses {
  readonly #count: number
  readonly #tree: Tree
  // The oldest first.
  readonly #waiting = new Set<WarmProcess>()
  // Those that were killed and are not yet gone.
  readonly #ending = new Set<Promise<unknown>>()
  #deathCount = 0
  #filling: NodeJS.Timeout | undefined
  #closed = false

  constructor(count: number, tree: Tree) {
    this.#count = count
    this.#tree = tree
    this.#fill()
  }

  /** A process for an actor that is started with these options; undefined if none fits. It is the caller's from now on. */
  take(options: LaunchOptions): StartedProcess | undefined {
    if (!leavesProcessAsItIs(options)) return undefined
    const env = environmentFor({})
    const folder = process.cwd()
    this.#fillIn(settleMs)
    for (const warm of this.#waiting) {
      if (warm.folder !== folder || !isSame(warm.env, env)) {
        this.#end(warm)
        continue
      }
      // Its end may be on its way, not yet heard of.
      if (!warm.ready || !warm.link.readable) continue
      this.#waiting.delete(warm)
      this.#deathCount = 0
      warm.link.removeAllListeners('data')
      warm.child.ref()
      warm.link.ref()
      warm.output?.ref()
      return warm
    }
    return undefined
  }

  /** Ends all that wait; resolves when they have gone. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#filling)
    for (const warm of this.#waiting) this.#end(warm)
    await Promise.all(this.#ending)
  }

  #fillIn(ms: number): void {
    if (this.#closed) return
    clearTimeout(this.#filling)
    this.#filling = setTimeout(() => this.#fill(), ms).unref()
  }

  #fill(): void {
    const env = environmentFor({})
    while (this.#waiting.size < this.#count) {
      const started = this.#start(env)
      if (started === undefined) return this.#died()
      this.#waiting.add(started)
    }
  }

  #start(env: NodeJS.ProcessEnv): WarmProcess | undefined {
    let started: StartedProcess
    try {
      started = startProcess({ shownAs: this.#tree.log?.format }, env)
    } catch {
      // The system has no room for it now. Whoever starts an actor is told.
      return undefined
    }
    const { child, link, output } = started
    const exited = waitForExit(child)
    const warm: WarmProcess = { ...started, env, folder: process.cwd(), exited, ready: false }
    link.on('error', () => undefined)
    link.on('data', () => {
      warm.ready = true
    })
    link.write(packBootLetter({ prepareFor: this.#tree }))
    child.unref()
    link.unref()
    output?.unref()
    void exited.then(() => {
      if (this.#waiting.delete(warm)) this.#died()
    })
    return warm
  }

  #died(): void {
    this.#deathCount += 1
    this.#fillIn(Math.min(settleMs * 2 ** this.#deathCount, longestWaitMs))
  }

  #end(warm: WarmProcess): void {
    this.#waiting.delete(warm)
    const gone: Promise<unknown> = warm.exited.then(() => this.#ending.delete(gone))
    this.#ending.add(gone)
    // Whoever waits for its end waits with the event loop.
    warm.child.ref()
    warm.child.kill('SIGKILL')
    warm.link.destroy()
  }
}

/** Whether a process that knows nothing of these options is what they ask for. */
function leavesProcessAsItIs({ env, execArgv, stdin = 'ignore', stdout = 'inherit' }: LaunchOptions): boolean {
  return env === undefined && execArgv === undefined && stdin === 'ignore' && stdout === 'inherit'
}

function isSame(one: NodeJS.ProcessEnv, other: NodeJS.ProcessEnv): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}
