import type { Interceptor, ItemGiver } from '../../engine/index.ts'
import { endGiving, giveItem, noteBatchTrace } from '../../engine/item-trace.ts'
import { ambientScope, runInScope, Scope } from '../../engine/scope.ts'
import { buildChain } from '../../pipelines/chain.ts'
import type { Correlation } from '../../pipelines/correlation.ts'
import type { ResolvedStep } from '../../pipelines/resolve-steps.ts'
import { traceToHold } from '../../pipelines/step-hand.ts'
import { testStage } from './stage.ts'

/** A batch with its trace: null if that is not sampled. */
export type Traced = readonly [trace: string | null, ...items: unknown[]]

/** What came of it: the trace (of joined ones, their contributors) and the items of each batch. */
export type Outcome = readonly [trace: unknown, ...items: unknown[]]

/** What gives the batches, as a receiver would. */
const stream: ItemGiver = { isLooped: true, isSole: true }
/** What the tracer was told of each item since the task began. */
export const dropped: unknown[] = []
export const taken: unknown[] = []
export const failed = new Set<unknown>()
const interceptor: Interceptor = {
  itemTaken: (held) => void taken.push(held),
  itemDropped: (held) => void dropped.push(held),
  itemSent: () => false,
  itemDone: (held, error) => void (error !== undefined && failed.add(held)),
}

/** Runs in a task of an actor that traces. */
export function inTask<T>(task: () => Promise<T>): Promise<T> {
  dropped.length = 0
  taken.length = 0
  failed.clear()
  const owner = { self: { name: 'stage', id: 's1' }, interceptor }
  return runInScope(new Scope(owner, new Scope(owner)), task)
}

/** Batches as a receiver hands them out: whose trace it is, is known of the batch and held by the task that asked. */
export class ManualFlow implements AsyncIterableIterator<readonly unknown[]> {
  readonly #waiting: ((batch: Traced | undefined) => void)[] = []

  next(): Promise<IteratorResult<readonly unknown[]>> {
    const scope = ambientScope()
    return new Promise((resolve) => {
      this.#waiting.push((batch) => {
        if (batch === undefined) return resolve({ value: undefined, done: true })
        const [trace, ...items] = batch
        if (scope !== undefined) giveItem(scope, stream, trace)
        if (trace !== null) noteBatchTrace(items, trace)
        resolve({ value: items, done: false })
      })
    })
  }

  /** Waits until somebody waits. */
  async asked(): Promise<void> {
    while (this.#waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Something comes for whoever waits; without anything, the end. */
  give(batch?: Traced): void {
    this.#waiting.shift()?.(batch)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

export function outcomeOf(items: readonly unknown[]): Outcome {
  const trace = traceToHold(items, false) as null | string | { contributors: string[]; parent: string | undefined }
  if (trace === null || typeof trace === 'string') return [trace, ...items]
  const parent = trace.parent === undefined ? '' : ` under ${trace.parent}`
  return [`made of ${trace.contributors.join(' ')}${parent}`, ...items]
}

/** Where the steps are said to be. */
export const location = 'p.yaml:1:1'
export const use = (fn: (input: AsyncIterable<never>) => AsyncIterable<unknown>): ResolvedStep => {
  return { kind: 'use', location, with: undefined, fn: fn as never }
}
export const tenfold: ResolvedStep = { kind: 'map', location, fn: (n) => Number(n) * 10 }

/** Batches that come one after the other. */
export async function* flowOfBatches(batches: readonly Traced[]): AsyncGenerator<readonly unknown[]> {
  for (const [trace, ...items] of batches) {
    const scope = ambientScope()
    if (scope !== undefined) giveItem(scope, stream, trace)
    if (trace !== null) noteBatchTrace(items, trace)
    yield items
  }
  endGiving(ambientScope(), stream, 'ended')
}

/** What comes of them when they go through the steps. */
export function through(
  batches: readonly Traced[],
  steps: readonly ResolvedStep[],
  correlate?: Correlation,
): Promise<Outcome[]> {
  return inTask(async () => {
    const inputs = { first: flowOfBatches(batches), merged: new Map(), stage: testStage(), correlate }
    const outcomes: Outcome[] = []
    for await (const items of await buildChain(steps, inputs)) outcomes.push(outcomeOf(items))
    return outcomes
  })
}
