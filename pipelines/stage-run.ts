import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type ActorId,
  currentSignal,
  followsItems,
  heldTrace,
  interruptible,
  isCancellationOf,
  isContextFunction,
  sleep,
  TimeSlice,
  type WorkReport,
} from '../engine/index.ts'
import { blame, blameWithActor } from './blame.ts'
import { sinks, sources } from './catalog.ts'
import { areOneToOne, buildChain, mergeFlows } from './chain.ts'
import { contextSource } from './context-source.ts'
import { PipelineError } from './errors.ts'
import { FiguresRecord } from './figures-record.ts'
import { type Flow, flowOf, itemsOf } from './flow.ts'
import { loadExport } from './load-function.ts'
import { Meter } from './meter.ts'
import { meteredInput } from './metered-input.ts'
import { Outlet } from './outlet.ts'
import type { EndPlan } from './plan.ts'
import { type ResolvedStep, resolveSteps } from './resolve-steps.ts'
import type { StageContext } from './stage-context.ts'
import { noteContinued, StepHand, traceToHold } from './step-hand.ts'
import { UpstreamFlow, type UpstreamOutput } from './upstream-flow.ts'
import {
  type ActorFigures,
  type InputWire,
  noFigures,
  type ReaderWire,
  type StageAssignment,
  type StageWiring,
} from './wiring.ts'

// How long a source may take to end when the pipeline drains.
const drainGraceMs = 1_000

/** Finds the output of an actor of another stage. */
export type OpenUpstream = (actor: ActorId, reader: ReaderWire) => Promise<UpstreamOutput>

type LoadedEnd = { readonly location: string; readonly open: (...args: never[]) => unknown; readonly given: unknown }

/** One actor's share of a stage: reads its inputs or source, runs the steps, and feeds its readers or sink. */
export class StageRun {
  readonly #assignment: StageAssignment
  readonly #openUpstream: OpenUpstream
  readonly #drain = new AbortController()
  #steps: ResolvedStep[] = []
  #source: LoadedEnd | undefined
  #sink: LoadedEnd | undefined
  readonly #outlet = Promise.withResolvers<Outlet>()
  #opened: Outlet | undefined
  #itemsIn = 0
  #itemsOut = 0
  #meter: Meter | undefined
  #final: ActorFigures | undefined
  #wasLeft = false
  #record: FiguresRecord | undefined
  #inputStages: readonly string[] = []
  readonly #upstreams: UpstreamFlow[] = []

  constructor(assignment: StageAssignment, openUpstream: OpenUpstream) {
    this.#assignment = assignment
    this.#openUpstream = openUpstream
  }

  /** Loads the stage's functions and modules, so that what is wrong with them shows before anything flows. */
  async prepare(): Promise<void> {
    const { plan } = this.#assignment
    this.#steps = await resolveSteps(plan.steps)
    if (plan.source !== undefined) this.#source = await loadEnd(plan.source, sources)
    if (plan.sink !== undefined) this.#sink = await loadEnd(plan.sink, sinks)
  }

  /** What it did and how it spent its time, from when it began to run until now or its end. */
  get figures(): ActorFigures {
    if (this.#final !== undefined) return this.#final
    const meter = this.#meter
    return meter === undefined ? noFigures : this.#figuresBy(meter)
  }

  /** The same for metrics, with the shares of about the last second; undefined before it runs. */
  get report(): WorkReport | undefined {
    const { figures } = this
    const [record, meter, now] = [this.#record, this.#meter, performance.now()]
    if (record === undefined || meter === undefined) return undefined
    record.take(figures, now)
    const { itemsIn, itemsOut, idleMs, busyMs, blockedMs, progressAgeMs } = figures
    const { recent } = record.statistics(this.#assignment.plan.name, now)
    const times = { idleMs, busyMs, blockedMs, progressAgeMs, recent }
    const [handlerMs, batchSize] = [meter.handlerMs.distribution, meter.batchSize.distribution]
    return { kind: 'work', itemsIn, itemsOut, ...times, handlerMs, batchSize }
  }

  #figuresBy(meter: Meter): ActorFigures {
    const { idleMs, busyMs, blockedMs, progressAgeMs, state, stateMs: sinceMs, waitsFor: reason } = meter.read()
    const figures = { itemsIn: this.#itemsIn, itemsOut: this.#itemsOut, idleMs, busyMs, blockedMs, progressAgeMs }
    if (state === 'busy') return figures
    const who =
      state === 'idle'
        ? { on: 'input' as const, stages: this.#inputStages }
        : { on: 'output' as const, stages: this.#opened?.waitingFor ?? [] }
    return { ...figures, waiting: { ...who, sinceMs, ...(reason !== undefined && { reason }) } }
  }

  /** Ends the source, if this stage has one; what is in flight goes on. */
  drain(): void {
    this.#drain.abort(new PipelineError('the pipeline is drained'))
  }

  /** The output as one of its readers takes it. */
  async *read(reader: ReaderWire): AsyncGenerator<unknown> {
    let outlet: Outlet | undefined
    try {
      outlet = await interruptible(this.#outlet.promise)
    } finally {
      // Left before the stage had begun: it must not wait for this reader.
      if (outlet === undefined) void this.#outlet.promise.then((late) => late.decline(reader))
    }
    yield* outlet.read(reader)
  }

  /** A reader wants nothing of the output, and will not open it. */
  async decline(reader: ReaderWire): Promise<void> {
    const outlet = await interruptible(this.#outlet.promise)
    outlet.decline(reader)
  }

  /** Runs to the end of its input, or until nobody wants its output any more. */
  async run(wiring: StageWiring): Promise<ActorFigures> {
    this.#inputStages = wiring.inputs.map((input) => input.stage)
    const meter = new Meter({ separateInputs: wiring.inputs.some((input) => input.as !== undefined) })
    this.#meter = meter
    this.#record = new FiguresRecord(performance.now())
    this.#opened = new Outlet(wiring.outputs, () => this.#giveUpInput())
    this.#outlet.resolve(this.#opened)
    try {
      const flow = await this.#buildFlow(wiring, meter)
      if (this.#sink === undefined) await this.#feed(flow, this.#opened, meter)
      else await this.#sinkFlow(flow, this.#sink)
      // A sink or step may end before its input does, or never read one of them.
      await Promise.all(this.#upstreams.map((upstream) => upstream.return()))
    } catch (error) {
      this.#final = endedFigures(this.figures, this.#wasLeft)
      const trace = heldTrace()
      throw blameWithActor(error, { figures: this.#final, ...(trace && { trace }) })
    }
    this.#final = endedFigures(this.figures, this.#wasLeft)
    return this.#final
  }

  /** Nobody wants the output any more: a source or an upstream actor that has nothing to give now is not waited for. */
  #giveUpInput(): void {
    this.#wasLeft = true
    this.drain()
    for (const upstream of this.#upstreams) upstream.return().catch(() => undefined)
  }

  async #buildFlow(wiring: StageWiring, meter: Meter): Promise<Flow> {
    const flows = new Map<InputWire, Flow>()
    for (const [position, input] of wiring.inputs.entries()) {
      const flow = await this.#openInput(input, position)
      flows.set(
        input,
        meteredInput(flow, meter, (itemCount) => this.#took(itemCount)),
      )
    }
    const first = wiring.inputs.filter((input) => input.step === undefined)
    const named = first.filter((input) => input.as !== undefined)
    const source = this.#source === undefined ? [] : [this.#sourceFlow(this.#source, meter)]
    const merged = new Map<number, Flow[]>()
    for (const [input, flow] of flows) {
      if (input.step !== undefined) merged.set(input.step, [...(merged.get(input.step) ?? []), flow])
    }
    return await buildChain(this.#steps, {
      first:
        named.length > 0
          ? Object.fromEntries(named.map((input) => [input.as as string, flows.get(input) as Flow]))
          : mergeFlows([...source, ...first.map((input) => flows.get(input) as Flow)]),
      merged,
      stage: this.#context(currentSignal()),
      correlate: this.#assignment.plan.trace?.correlate,
      begins: this.#source !== undefined,
    })
  }

  async #openInput(input: InputWire, position: number): Promise<Flow> {
    const { name, actors } = this.#assignment.plan
    const reader = { consumer: name, actorCount: actors, id: `${this.#assignment.index}:${position}` }
    const outputs = await Promise.all(input.actors.map((actor) => this.#openUpstream(actor, reader)))
    // Beside a source, whose items begin here, theirs are told apart from those; where nobody asks, nobody pays for it.
    const notesArrival = this.#source !== undefined && followsItems()
    const flows = outputs.map((output) => new UpstreamFlow(output, { notesArrival }))
    this.#upstreams.push(...flows)
    return mergeFlows(flows)
  }

  #took(itemCount: number): void {
    this.#itemsIn += itemCount
    this.#meter?.progressed()
  }

  #gave(itemCount: number): void {
    this.#itemsOut += itemCount
    this.#meter?.progressed()
  }

  async *#sourceFlow(source: LoadedEnd, meter: Meter): AsyncGenerator<readonly unknown[]> {
    const cancelled = currentSignal()
    const signal = AbortSignal.any([cancelled, this.#drain.signal])
    try {
      // One that is to end before it has begun is not opened: nobody would read what it gives back, or leave it.
      if (!signal.aborted) {
        const opened = source.open(source.given as never, this.#context(signal) as never)
        yield* this.#untilDrained(flowOf(opened, 'a source'), meter)
      }
    } catch (error) {
      if (!isCancellationOf(this.#drain.signal, error)) throw blame(error, { location: source.location })
    }
    // A source that ends because it is cancelled is not at its end: what was made of half of its items is no result.
    cancelled.throwIfAborted()
  }

  /**
   * When the pipeline drains, a source that waits for something is given a second to end, or to give what has come just then or
   * say why it cannot; after that it is left where it is.
   */
  async *#untilDrained(flow: AsyncGenerator<readonly unknown[]>, meter: Meter): AsyncGenerator<readonly unknown[]> {
    const { signal } = this.#drain
    const input = meter.addInput()
    // One promise a wait: a race with one that lives as long as the run would remember every batch.
    let interrupt = () => undefined as void
    const onDrain = () => interrupt()
    signal.addEventListener('abort', onDrain, { once: true })
    let left: Promise<unknown> | undefined
    let graceIsOver: Promise<undefined> | undefined
    // Where neither the source nor what takes its items ever waits, the event loop has its turn here.
    const slice = new TimeSlice()
    slice.begin()
    try {
      for (;;) {
        if (slice.isOverForItem()) {
          await nextTurn()
          slice.begin()
        }
        if (signal.aborted) break
        const wait = Promise.withResolvers<IteratorResult<readonly unknown[]> | undefined>()
        interrupt = () => wait.resolve(undefined)
        const next = flow.next()
        next.then(wait.resolve, wait.reject)
        // After the call: what a source computes before it waits for the first time is work.
        meter.pulled(input)
        let result = await wait.promise
        if (result === undefined) {
          left = leave(flow)
          graceIsOver = sleep(drainGraceMs).then(() => undefined)
          result = await Promise.race([next, graceIsOver])
        }
        if (result === undefined || result.done === true) {
          meter.answered(input, false, 0)
          break
        }
        meter.answered(input, true, result.value.length)
        noteContinued(result.value)
        this.#took(result.value.length)
        yield result.value
      }
    } finally {
      signal.removeEventListener('abort', onDrain)
      left ??= leave(flow)
      // A source that is in the middle of something foreign may never notice: then its process ends under it.
      await (signal.aborted ? Promise.race([left, graceIsOver ?? sleep(drainGraceMs)]) : left)
    }
  }

  async #feed(flow: Flow, outlet: Outlet, meter: Meter): Promise<void> {
    const begins = this.#source !== undefined
    for await (const items of flow) {
      const isBlocked = !outlet.hasRoom
      if (isBlocked) meter.beginBlocked()
      const isWanted = await outlet.push(items, traceToHold(items, begins))
      if (isBlocked) meter.endBlocked()
      if (!isWanted) break
      this.#gave(items.length)
    }
    meter.beginBlocked()
    await outlet.end()
    meter.endBlocked()
  }

  async #sinkFlow(flow: Flow, sink: LoadedEnd): Promise<void> {
    const counting = async function* (run: StageRun): AsyncGenerator<readonly unknown[]> {
      for await (const items of flow) {
        yield items
        run.#gave(items.length)
      }
    }
    const items = counting(this)
    const hand = new StepHand({ begins: this.#source !== undefined, isInput: areOneToOne(this.#steps) })
    try {
      await sink.open(itemsOf(items, hand) as never, sink.given as never, this.#context(currentSignal()) as never)
    } catch (error) {
      throw blame(error, { location: sink.location })
    }
    await items.return(undefined)
  }

  #context(signal: AbortSignal): StageContext {
    const { pipeline, directory, plan, index } = this.#assignment
    const meter = this.#meter
    return {
      pipeline,
      directory,
      name: plan.name,
      actor: { index, count: plan.actors },
      signal,
      ...(meter && { beginWait: beginWaitBy(meter) }),
    }
  }
}

// It is part of a line.
const longestReasonChars = 60

/** For a source or sink that says what it waits for: from its first wait on, its time is busy but for these. */
function beginWaitBy(meter: Meter): NonNullable<StageContext['beginWait']> {
  const input = meter.addInput()
  return (on, said) => {
    const what = said.length > longestReasonChars ? `${said.slice(0, longestReasonChars)}…` : said
    if (on === 'output') meter.beginBlocked(what)
    else meter.pulled(input, what)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      if (on === 'output') meter.endBlocked(what)
      else meter.answered(input, true)
    }
  }
}

/** Whoever has ended waits for nobody. */
function endedFigures(figures: ActorFigures, wasLeft: boolean): ActorFigures {
  const { waiting: _waiting, ...rest } = figures
  return { ...rest, ...(wasLeft && { wasLeft }) }
}

async function loadEnd(
  plan: EndPlan,
  builtin: Readonly<Record<string, { open(...args: never[]): unknown }>>,
): Promise<LoadedEnd> {
  if (plan.kind === 'builtin') {
    const definition = builtin[plan.name]
    if (definition === undefined) throw new PipelineError(`${plan.location}: no built-in is called '${plan.name}'`)
    return { location: plan.location, open: (...args) => definition.open(...args), given: plan.options }
  }
  const exported = await loadExport(plan)
  if (typeof exported !== 'function') {
    throw new PipelineError(`${plan.location}: '${plan.export}' is not a function but ${typeof exported}`)
  }
  const open = isContextFunction(exported) ? contextSource(exported) : (exported as (...args: never[]) => unknown)
  return { location: plan.location, open, given: plan.with }
}

/** Has it end where it stands. What comes of that may be looked at later. */
function leave(flow: AsyncGenerator<unknown>): Promise<unknown> {
  const left = flow.return(undefined)
  left.catch(() => undefined)
  return left
}
