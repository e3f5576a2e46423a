import type { Writable } from 'node:stream'
import { currentSignal, moveOnAfter, sleep, withSignal } from '../../engine/index.ts'
import { openOutput } from '../output.ts'
import { type ActorMeter, createActorMeter } from './actor-figures.ts'
import { renderActorTable } from './actor-table.ts'
import { exitCodes } from './exit-code.ts'
import { createPipelineFinder, meantBy, outsidePipelines, type PipelineFinder } from './find-pipelines.ts'
import { type FollowedPipeline, followPipelines, hasEnded, isMeasured, isOutage } from './followed-pipelines.ts'
import type { Guest } from './guest.ts'
import { type Key, type KeyInput, openKeyboard } from './keyboard.ts'
import { printableLine } from './printable.ts'
import { renderTop, type TopPicture } from './render-top.ts'
import { openScreen } from './screen.ts'
import { defaultStallAfterMs } from './stall-watch.ts'
import type { TextOutput } from './terminal.ts'
import { noRegistryAsked, registryOf, type VisitHost, type VisitOptions, visitAt } from './visit.ts'

/** The options of `flow top`. */
export interface TopOptions extends VisitOptions {
  /** The process id or id of the one that is meant. */
  readonly run?: string
  readonly once?: boolean
  readonly stallAfter?: number
}

/** What `flow top` needs of its surroundings. */
export interface TopHost extends VisitHost {
  readonly stdin: KeyInput
  readonly stdout: Writable & TextOutput
  /** The sockets of the roots of this user's trees. */
  findSockets(): Promise<readonly string[]>
  /** Milliseconds since the epoch. */
  now(): number
  /** Stops this process until the shell lets it go on. */
  suspend(): void
}

/** How long `--once` waits for figures of all pipelines, two of each. */
const onceMs = 3_000
/** Over how long items are counted for a rate. */
const rateMs = 400
const othersEveryMs = 2_000
const redrawMs = 1_000
const unlimited = { width: Infinity, height: Infinity }

/**
 * `flow top`: a running pipeline, redrawn until somebody leaves it; of several, keys choose one. `who` is the name of those that
 * are meant or, where none has it and no `run` says which, the process id or id of one. They are those of the registry, of all
 * programs in it, with the other actors there; where no registry is named, those of this user's programs on this host. With
 * `once`, and where stdout is no terminal, it is printed once. Resolves to the exit code: 1 if there is no such pipeline to print.
 */
export async function topCommand(who: string | undefined, options: TopOptions, host: TopHost): Promise<number> {
  const registry = registryOf(options, host)
  return await visitAt(registry ?? noRegistryAsked, options, host, async (guest) => {
    const top = new Top(who, guest, registry !== undefined, options, host)
    return options.once === true || host.stdout.isTTY !== true ? await top.printOnce() : await top.show()
  })
}

/** What the two ways to show it have in common. */
class Top {
  readonly #who: string | undefined
  readonly #run: string | undefined
  readonly #guest: Guest
  readonly #finder: PipelineFinder
  readonly #inRegistry: boolean
  readonly #stallAfterMs: number
  readonly #host: TopHost
  readonly #meter: ActorMeter
  #pipelines: readonly FollowedPipeline[] = []
  #shownId: string | undefined
  /** The one that had ended when a key chose it: it stays, whoever comes. */
  #heldId: string | undefined
  #others: readonly string[] = []

  constructor(who: string | undefined, guest: Guest, inRegistry: boolean, options: TopOptions, host: TopHost) {
    this.#who = who
    this.#run = options.run
    this.#guest = guest
    this.#inRegistry = inRegistry
    this.#finder = createPipelineFinder(guest, inRegistry, host)
    this.#stallAfterMs = options.stallAfter ?? defaultStallAfterMs
    this.#host = host
    this.#meter = createActorMeter(guest)
  }

  /** Those that were asked for, or all. */
  get #wanted(): readonly FollowedPipeline[] {
    const found = this.#pipelines.map((pipeline) => pipeline.found)
    const [who, run] = [this.#who, this.#run]
    const named = meantBy({ name: who, run }, found)
    const meant = new Set(named.length === 0 && run === undefined ? meantBy({ run: who }, found) : named)
    return this.#pipelines.filter((pipeline) => meant.has(pipeline.found))
  }

  get #shown(): FollowedPipeline | undefined {
    return this.#pipelines.find(({ found }) => found.id === this.#shownId)
  }

  /** The one that is shown stays, at first the first that runs. When it has ended, the next of its name that runs follows it. */
  #take(pipelines: readonly FollowedPipeline[]): void {
    this.#pipelines = pipelines
    const shown = this.#shown
    if (shown !== undefined && (shown.found.id === this.#heldId || !hasEnded(shown))) return
    const wanted = this.#wanted
    const running = wanted.filter((pipeline) => !hasEnded(pipeline))
    const next = shown === undefined ? (running[0] ?? wanted.at(-1)) : running.find(isNamesakeOf(shown))
    this.#shownId = next?.found.id ?? this.#shownId
  }

  /** Where it looks; and where it does not, if there is something. */
  get #where(): string {
    if (this.#inRegistry) return 'in the registry'
    const here = 'in a program of yours on this host'
    const { outOfSight } = this.#finder
    if (outOfSight.length === 0) return here
    const names = outOfSight.map(printableLine).join(', ')
    return `${here}; ${names} ${outOfSight.length === 1 ? 'is' : 'are'} in a registry to be named: flow top --registry redis://host:port`
  }

  #pictureOf(chosen: FollowedPipeline | undefined): TopPicture {
    const called = this.#who === undefined ? '' : ` called ${printableLine(this.#who)}`
    const as = this.#run === undefined ? '' : ` as ${printableLine(this.#run)}`
    return {
      pipelines: this.#pipelines,
      chosen,
      none: `no pipeline${called} runs${as} ${this.#where}`,
      others: this.#others,
      stallAfterMs: this.#stallAfterMs,
      nowMs: performance.now(),
    }
  }

  /** The actors of the registry that are no pipeline's. */
  async #lookAtOthers(): Promise<void> {
    if (!this.#inRegistry) return
    const rows = await this.#meter.measure(outsidePipelines(await this.#guest.registry.list()))
    this.#others = rows.length === 0 ? [] : renderActorTable(rows, this.#host.now())
  }

  async printOnce(): Promise<number> {
    await moveOnAfter(onceMs, () =>
      untilLeft(async (leave) => {
        await followPipelines(this.#finder, (pipelines) => {
          this.#pipelines = pipelines
          if (this.#wanted.every(isMeasured)) leave()
        })
      }),
    )
    // Twice, for rates.
    await this.#lookAtOthers()
    if (this.#others.length > 0) await sleep(rateMs)
    await this.#lookAtOthers()
    const wanted = this.#wanted
    const pictures = (wanted.length === 0 ? [undefined] : wanted).map((pipeline) => this.#pictureOf(pipeline))
    const lines = pictures.flatMap((picture, index) =>
      renderTop({ ...picture, pipelines: [], others: index === pictures.length - 1 ? picture.others : [] }, unlimited),
    )
    await using output = openOutput(this.#host.stdout, currentSignal())
    await output.write(lines.map(({ text }) => `${text}\n`).join(''))
    return wanted.length === 0 ? exitCodes.failed : exitCodes.done
  }

  async show(): Promise<number> {
    const { stdin, stdout } = this.#host
    await untilLeft(async (leave) => {
      let screen = openScreen(stdout)
      const draw = (): void => {
        // A terminal that nobody has told its size says 0.
        const size = { width: (stdout.columns || 80) - 1, height: stdout.rows || 24 }
        const keys = this.#pipelines.length > 1 ? '←→ or 1-9: another pipeline   q: leave' : 'q: leave'
        screen.draw(renderTop({ ...this.#pictureOf(this.#shown), keys }, size))
      }
      using keyboard = openKeyboard(stdin, (key) => {
        if (key === 'leave') leave()
        else if (key === 'suspend') {
          screen[Symbol.dispose]()
          this.#host.suspend()
          keyboard.again()
          screen = openScreen(stdout)
        } else this.#choose(key)
        if (key !== 'leave') draw()
      })
      stdout.on('resize', draw)
      // Also when there is no news: how long there has been none is news.
      const redraws = setInterval(draw, redrawMs)
      try {
        await Promise.all([
          followPipelines(this.#finder, (pipelines) => {
            this.#take(pipelines)
            draw()
          }),
          this.#followOthers(),
        ])
      } finally {
        clearInterval(redraws)
        stdout.off('resize', draw)
        screen[Symbol.dispose]()
      }
    })
    return exitCodes.done
  }

  async #followOthers(): Promise<void> {
    for (;;) {
      await this.#lookAtOthers().catch((error: unknown) => {
        if (!isOutage(error)) throw error
        this.#others = [error.message]
      })
      await sleep(othersEveryMs)
    }
  }

  #choose(key: Exclude<Key, 'leave' | 'suspend'>): void {
    const count = this.#pipelines.length
    const now = this.#pipelines.findIndex((pipeline) => pipeline === this.#shown)
    const index = typeof key === 'number' ? key - 1 : (now + (key === 'next' ? 1 : count - 1)) % count
    const chosen = this.#pipelines[index]
    if (chosen === undefined) return
    this.#shownId = chosen.found.id
    this.#heldId = hasEnded(chosen) ? chosen.found.id : undefined
  }
}

function isNamesakeOf({ found: { name } }: FollowedPipeline): (other: FollowedPipeline) => boolean {
  return (other) => other.found.name === name
}

/** Runs `body` until it calls the function that it is given. */
async function untilLeft(body: (leave: () => void) => Promise<void>): Promise<void> {
  const left = new AbortController()
  try {
    await withSignal(left.signal, () => body(() => left.abort(new Error('it was left'))))
  } catch (error) {
    if (!left.signal.aborted) throw error
  }
}
