import { followsItems, PullingApart } from '../engine/index.ts'
import {
  compileKernel,
  distinct,
  filter,
  flatMap,
  isAsyncFunction,
  loadIxOperator,
  map,
  merge,
  type Operator,
  reduce,
  type Step,
  StepError,
  scan,
  sum,
} from '../operators/index.ts'
import { blame, previewItem } from './blame.ts'
import type { Correlation } from './correlation.ts'
import { type Flow, flowOf, itemsOf } from './flow.ts'
import type { ResolvedStep } from './resolve-steps.ts'
import type { StageContext } from './stage-context.ts'
import { StepHand, type StepHandOptions } from './step-hand.ts'

/** What a chain of steps is built with. */
export interface ChainInputs {
  /** What flows into the first step; by name where the document names the inputs. */
  readonly first: Flow | Readonly<Record<string, Flow>>
  /** What flows in at a `merge` step, by that step's index. */
  readonly merged: ReadonlyMap<number, readonly Flow[]>
  readonly stage: StageContext
  /** How what the steps make is connected with what they made it of; each step by its kind where absent. */
  readonly correlate?: Correlation | undefined
  /** Items begin in this stage: it has a source. */
  readonly begins?: boolean | undefined
}

type KernelStep = Extract<ResolvedStep, { kind: Step['kind'] }>

/**
 * Puts the steps of a stage together. Runs of synchronous steps become one loop; the others take their input item by
 * item. An error is noted with its place in the document and, where one is in hand, its item.
 */
export async function buildChain(steps: readonly ResolvedStep[], inputs: ChainInputs): Promise<Flow> {
  const { correlate, begins } = inputs
  let flow = inputs.first
  let run: KernelStep[] = []
  let runIndex = 0
  const stateOf = (index: number) => ({
    correlate,
    begins,
    isFirst: flow === inputs.first,
    isInput: areOneToOne(steps.slice(0, index)),
  })
  const closeRun = (): Flow => {
    if (run.length > 0) flow = kernelFlow(flow as Flow, run, handOf(run, stateOf(runIndex)))
    run = []
    return flow as Flow
  }
  for (const [index, step] of steps.flatMap((each, index) => partsOf(each).map((part) => [index, part] as const))) {
    if (isKernelStep(step) && !isAsync(functionOf(step))) {
      // What it gives out is told apart by what it was made of: what a step before it has gathered has to be one batch each.
      if (keepsApart(step) && run.some(({ kind }) => gatheringKinds.has(kind))) closeRun()
      if (run.length === 0) runIndex = index
      run.push(step)
      if (keepsApart(step)) closeRun()
      continue
    }
    const input = run.length > 0 ? closeRun() : flow
    const inputCount = isFlow(input) ? 1 : Object.keys(input).length
    const hand = handOf([step], { ...stateOf(index), inputCount })
    if (step.kind === 'use') flow = useFlow(input, step, inputs.stage, hand)
    else if (step.kind === 'merge') flow = mergeFlows([input as Flow, ...(inputs.merged.get(index) ?? [])])
    else flow = operatorFlow(input as Flow, await operatorFor(step), step.location, inputs.stage, hand)
  }
  return closeRun()
}

/** A step that keeps apart, by keys that are to be waited for, is one that finds them, and one that keeps. */
function partsOf(step: ResolvedStep): ResolvedStep[] {
  if (!isKernelStep(step) || !isAsync(functionOf(step))) return [step]
  const { location } = step
  if (step.kind === 'countBy') {
    const { by, ...rest } = step
    return [
      { kind: 'map', location, fn: async (item) => await by(item) },
      { ...rest, by: (key) => key },
    ]
  }
  if (step.kind === 'topN' && step.by !== undefined) {
    const { by, ...rest } = step
    return [
      { kind: 'map', location, fn: async (item): Promise<Ranked> => ({ rank: await by(item), item }) },
      { ...rest, by: (ranked) => (ranked as Ranked).rank },
      { kind: 'map', location, fn: (ranked) => (ranked as Ranked).item },
    ]
  }
  return [step]
}

interface Ranked {
  readonly rank: unknown
  readonly item: unknown
}

/** Whether a step gives out, at its end, several things that it has kept apart: by key, or one by one. */
function keepsApart(step: ResolvedStep | undefined): boolean {
  return step?.kind === 'countBy' || step?.kind === 'topN'
}

/** Whether what the steps give out of a batch is one item for each of its items: so it is known which was made of which. */
export function areOneToOne(steps: readonly ResolvedStep[]): boolean {
  return steps.every(
    (step) => step.kind === 'merge' || (oneToOneKinds.has(step.kind) && !isAsync(functionOf(step as KernelStep))),
  )
}

const oneToOneKinds: ReadonlySet<ResolvedStep['kind']> = new Set(['map', 'scan'])

// What becomes of an item is known of them: nothing, what they give out before the next, or a part of what they gather.
const droppingKinds: ReadonlySet<ResolvedStep['kind']> = new Set([
  'filter',
  'flatMap',
  'distinct',
  'skip',
  'take',
  'map',
  'scan',
])
const gatheringKinds: ReadonlySet<ResolvedStep['kind']> = new Set(['batch', 'countBy', 'reduce', 'sum', 'topN'])

function handOf(
  steps: readonly ResolvedStep[],
  { isFirst, ...rest }: StepHandOptions & { readonly isFirst: boolean },
): StepHand {
  // Behind another step, an item may be one of several that were made of one which is followed.
  const drops = isFirst && steps.every((step) => droppingKinds.has(step.kind))
  const gathers = steps.some((step) => gatheringKinds.has(step.kind))
  return new StepHand({ ...rest, drops, gathers, passes: steps.at(-1)?.kind === 'topN' })
}

function isKernelStep(step: ResolvedStep): step is KernelStep {
  return step.kind !== 'use' && step.kind !== 'merge' && step.kind !== 'ix'
}

function isAsync(fn: unknown): boolean {
  return typeof fn === 'function' && isAsyncFunction(fn as (...args: never[]) => unknown)
}

function functionOf(step: KernelStep): unknown {
  if ('fn' in step) return step.fn
  if ('by' in step) return step.by
  return 'of' in step ? step.of : undefined
}

async function* kernelFlow(
  input: Flow,
  steps: readonly KernelStep[],
  hand: StepHand,
): AsyncGenerator<readonly unknown[]> {
  const tellsPlaces = keepsApart(steps.at(-1)) && followsItems()
  const keep = (place: object | undefined): void => {
    if (place !== undefined) hand.keep(place)
  }
  const kernel = compileKernel(steps as readonly Step[], tellsPlaces ? { kept: keep } : {})
  const attempt = (work: () => unknown[]): { out: unknown[]; failure?: Error; itemNumber?: number } => {
    try {
      return { out: work() }
    } catch (error) {
      if (!(error instanceof StepError)) throw error
      const location = steps[error.stepIndex]?.location
      const { itemNumber } = error
      const where = { item: previewItem(error.item), itemNumber, ...(location && { location }) }
      return { out: error.emitted, failure: blame(error.cause, where), itemNumber }
    }
  }
  const isPlaceKnown = areOneToOne(steps)
  let enteredCount = 0
  // A `take` of nothing is done without any of it.
  for await (const items of kernel.done ? [] : input) {
    hand.pull(items)
    const tentative = hand.tentativeOf(items)
    const { out, failure, itemNumber } = attempt(() => kernel.push(items))
    if (!isPlaceKnown) tentative?.locate(undefined)
    if (out.length > 0) yield* hand.giveLists(out)
    if (itemNumber !== undefined) tentative?.locate(itemNumber - enteredCount)
    if (failure !== undefined) throw failure
    enteredCount += items.length
    if (kernel.done) break
    hand.ask()
  }
  hand.end()
  const { out, failure } = attempt(() => kernel.finish())
  if (out.length > 0 && tellsPlaces) yield* hand.giveKept(out, kernel.places())
  else if (out.length > 0) {
    hand.give(out)
    yield out
  }
  if (failure !== undefined) throw failure
}

/** An async function in a step: the operator of that name, which waits for each call before the next. */
async function operatorFor(
  step: Exclude<ResolvedStep, { kind: 'use' | 'merge' }>,
): Promise<Operator<unknown, unknown>> {
  switch (step.kind) {
    case 'map':
      return map(blamed(step.fn, step.location))
    case 'filter':
      return filter(blamed(step.fn, step.location) as never)
    case 'flatMap':
      return flatMap(blamed(step.fn, step.location) as never)
    case 'scan':
      return scan(step.fn as never, step.initial)
    case 'reduce':
      return reduce(step.fn as never, step.initial)
    case 'distinct':
      return step.by === undefined ? distinct() : distinct(blamed(step.by, step.location))
    case 'sum':
      return step.of === undefined ? (sum() as never) : (sum(blamed(step.of, step.location) as never) as never)
    case 'ix':
      return (await loadIxOperator(step.name))(...step.args)
    default:
      throw new TypeError(`step ${step.kind} has no function that could be async`)
  }
}

function blamed(fn: (...args: unknown[]) => unknown, location: string): (...args: unknown[]) => Promise<unknown> {
  return async (item, ...rest) => {
    try {
      return await fn(item, ...rest)
    } catch (error) {
      throw blame(error, { location, item: previewItem(item) })
    }
  }
}

async function* operatorFlow(
  input: Flow,
  operator: Operator<unknown, unknown>,
  location: string,
  stage: StageContext,
  hand: StepHand,
): AsyncGenerator<readonly unknown[]> {
  try {
    yield* flowOf(operator(itemsOf(input, hand)), 'a step', hand)
  } catch (error) {
    throw blame(error, { location })
  }
  stage.signal.throwIfAborted()
}

async function* useFlow(
  input: Flow | Readonly<Record<string, Flow>>,
  step: Extract<ResolvedStep, { kind: 'use' }>,
  stage: StageContext,
  hand: StepHand,
): AsyncGenerator<readonly unknown[]> {
  try {
    const given = isFlow(input)
      ? itemsOf(input, hand)
      : Object.fromEntries(Object.entries(input).map(([name, flow]) => [name, itemsOf(flow, hand)]))
    const { fn } = step
    yield* flowOf(fn(given, step.with, stage), 'the function of a use step', hand)
  } catch (error) {
    throw blame(error, { location: step.location })
  }
  // A step that ends because it is cancelled has not come to its end: what is made of half of its output is no result.
  stage.signal.throwIfAborted()
}

function isFlow(input: Flow | Readonly<Record<string, Flow>>): input is Flow {
  return Symbol.asyncIterator in input
}

/**
 * Merges flows fairly. It reads ahead by a batch of each, so the task does not come to hold what was pulled: whose trace goes
 * on is a matter of the batch that is handed out.
 */
export function mergeFlows(flows: readonly Flow[]): Flow {
  const [first] = flows
  return flows.length === 1 && first !== undefined ? first : merge(...flows.map(pulledApart))
}

// Not a generator, whose `return()` would have to wait for the `next()` under way: a flow that waits can be left.
function pulledApart(flow: Flow): AsyncIterableIterator<readonly unknown[]> {
  const batches = flow[Symbol.asyncIterator]()
  const apart = new PullingApart()
  return {
    next: () => apart.next(batches),
    async return() {
      await batches.return?.()
      apart.close()
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
