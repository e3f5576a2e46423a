import { adoptItemTrace, heldItemTrace, itemTraceOf } from '../engine/index.ts'
import {
  compileKernel,
  countBy,
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
  topN,
} from '../operators/index.ts'
import { blame, previewItem } from './blame.ts'
import { type Flow, flowOf, itemsOf, mapEach } from './flow.ts'
import type { ResolvedStep } from './resolve-steps.ts'
import type { StageContext } from './stage-context.ts'

/** What a chain of steps is built with. */
export interface ChainInputs {
  /** What flows into the first step; by name where the document names the inputs. */
  readonly first: Flow | Readonly<Record<string, Flow>>
  /** What flows in at a `merge` step, by that step's index. */
  readonly merged: ReadonlyMap<number, readonly Flow[]>
  readonly stage: StageContext
}

type KernelStep = Extract<ResolvedStep, { kind: Step['kind'] }>

/**
 * Puts the steps of a stage together. Runs of synchronous steps become one loop; the others take their input item by
 * item. An error is noted with its place in the document and, where one is in hand, its item.
 */
export async function buildChain(steps: readonly ResolvedStep[], inputs: ChainInputs): Promise<Flow> {
  let flow = inputs.first
  let run: KernelStep[] = []
  const closeRun = (): Flow => {
    const input = flow as Flow
    flow = run.length === 0 ? input : kernelFlow(input, run)
    run = []
    return flow
  }
  for (const [index, step] of steps.entries()) {
    if (isKernelStep(step) && !isAsync(functionOf(step))) {
      run.push(step)
      continue
    }
    const input = run.length > 0 ? closeRun() : flow
    if (step.kind === 'use') flow = useFlow(input, step, inputs.stage)
    else if (step.kind === 'merge') flow = mergeFlows([input as Flow, ...(inputs.merged.get(index) ?? [])])
    else flow = operatorFlow(input as Flow, await operatorFor(step), step.location)
  }
  return closeRun()
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

async function* kernelFlow(input: Flow, steps: readonly KernelStep[]): AsyncGenerator<readonly unknown[]> {
  const kernel = compileKernel(steps as readonly Step[])
  const attempt = (work: () => unknown[]): { out: unknown[]; failure?: Error } => {
    try {
      return { out: work() }
    } catch (error) {
      if (!(error instanceof StepError)) throw error
      const location = steps[error.stepIndex]?.location
      const where = { item: previewItem(error.item), itemNumber: error.itemNumber, ...(location && { location }) }
      return { out: error.emitted, failure: blame(error.cause, where) }
    }
  }
  for await (const items of input) {
    const { out, failure } = attempt(() => kernel.push(items))
    if (out.length > 0) yield out
    if (failure !== undefined) throw failure
    if (kernel.done) break
  }
  // What the steps held until the end is made of many items: it continues no single one's trace.
  if (heldItemTrace() !== undefined) adoptItemTrace(null)
  const { out, failure } = attempt(() => kernel.finish())
  if (out.length > 0) yield out
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
    case 'countBy':
      return countBy(blamed(step.by, step.location))
    case 'distinct':
      return step.by === undefined ? distinct() : distinct(blamed(step.by, step.location))
    case 'sum':
      return step.of === undefined ? (sum() as never) : (sum(blamed(step.of, step.location) as never) as never)
    case 'topN':
      return step.by === undefined
        ? (topN(step.count) as never)
        : (topN(step.count, blamed(step.by, step.location) as never) as never)
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
): AsyncGenerator<readonly unknown[]> {
  try {
    yield* flowOf(operator(itemsOf(input)), 'a step')
  } catch (error) {
    throw blame(error, { location })
  }
}

async function* useFlow(
  input: Flow | Readonly<Record<string, Flow>>,
  step: Extract<ResolvedStep, { kind: 'use' }>,
  stage: StageContext,
): AsyncGenerator<readonly unknown[]> {
  try {
    const given = isFlow(input)
      ? itemsOf(input)
      : Object.fromEntries(Object.entries(input).map(([name, flow]) => [name, itemsOf(flow)]))
    const { fn } = step
    yield* flowOf(fn(given, step.with, stage), 'the function of a use step')
  } catch (error) {
    throw blame(error, { location: step.location })
  }
}

function isFlow(input: Flow | Readonly<Record<string, Flow>>): input is Flow {
  return Symbol.asyncIterator in input
}

/** Merges flows fairly. It reads ahead by a batch of each, so whose trace goes on is decided where a batch is handed out. */
export function mergeFlows(flows: readonly Flow[]): Flow {
  const [first] = flows
  if (flows.length === 1 && first !== undefined) return first
  const traced = flows.map((flow) => mapEach(flow, (items) => ({ items, trace: traceOf(items) })))
  return mapEach(merge(...traced), ({ items, trace }) => {
    if (trace !== undefined) adoptItemTrace(trace)
    return items
  })
}

function traceOf(items: readonly unknown[]): unknown {
  return heldItemTrace() === undefined ? undefined : itemTraceOf(items)
}
