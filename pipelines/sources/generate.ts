import { batch } from '../../engine/index.ts'
import type { SourceDefinition } from '../definition.ts'
import type { FunctionPlan } from '../function-plan.ts'
import { loadFunction } from '../load-function.ts'
import type { StageContext } from '../stage-context.ts'

/** The options of the `generate` source. */
export interface GenerateSourceOptions {
  /** How many items; without end where absent. */
  readonly count?: number | undefined
  /** The first index. */
  readonly from: number
  /** How many items a second; as fast as they are taken where absent. */
  readonly rateHz?: number | undefined
  /** Makes an item of its index, may be asynchronous; the item is the index itself where absent. */
  readonly item?: FunctionPlan | undefined
}

/** The `generate` source: numbers, or whatever a function makes of them. */
export const generateSource: SourceDefinition<GenerateSourceOptions> = {
  summary: 'Makes items: numbers counted upwards, or what a function makes of each number; paced if asked to.',
  example: '{ generate: { count: 1000, rateHz: 10, item: "index => ({ id: index })" } }',
  singleActorBecause: 'would make every item that many times',
  options: ({ z, functionText }) =>
    z.strictObject({
      count: z.int().min(0).optional().describe('How many items; without end where absent.'),
      from: z.int().default(0).describe('The first index; 0 where absent.'),
      rateHz: z.number().positive().optional().describe('How many items a second; as fast as possible where absent.'),
      item: functionText().optional().describe('index => item; the item is the index itself where absent.'),
    }),
  open: openGenerateSource,
}

const batchCount = 256
/** A slow function's items are handed over before their batch is full. */
const batchMs = 2
const stallMs = 1000

/**
 * Yields the items in batches, or at the wanted rate. What its consumer could not take in time is caught up with, but
 * no more than one second of it. Ends when the stage's signal aborts. Throws what the function throws.
 */
export async function* openGenerateSource(
  options: GenerateSourceOptions,
  stage: StageContext,
): AsyncGenerator<unknown> {
  const { from, count = Number.POSITIVE_INFINITY, rateHz } = options
  const make = options.item === undefined ? undefined : await loadFunction(options.item)
  const pace = rateHz === undefined ? undefined : createPace(rateHz, stage)
  let next = from
  const end = from + count
  while (next < end && !stage.signal.aborted) {
    const due = pace === undefined ? batchCount : await pace()
    const last = Math.min(next + due, end)
    const items: unknown[] = []
    for (const deadline = performance.now() + batchMs; next < last; ) {
      const item = make === undefined ? next : make(next)
      next++
      if (item instanceof Promise) {
        if (items.length > 0) yield batch(items.splice(0))
        yield await item
      } else {
        items.push(item)
      }
      if (pace === undefined && make !== undefined && performance.now() > deadline) break
    }
    if (items.length > 0) yield batch(items)
  }
}

/** Waits until at least one more item is due, and tells how many are. Wakes early, with none, on abort. */
function createPace(rateHz: number, { signal, beginWait }: StageContext): () => Promise<number> {
  let start = performance.now()
  let given = 0
  return async () => {
    const dueAt = start + (given * 1000) / rateHz
    const endWait = beginWait?.('input', 'its rate')
    await waitUntil(dueAt, signal)
    endWait?.()
    const late = performance.now() - dueAt
    if (signal.aborted || late < 0) return 0
    if (late > stallMs) start += late - stallMs
    const due = Math.min(batchCount, 1 + Math.floor(((performance.now() - start) * rateHz) / 1000) - given)
    given += due
    return due
  }
}

function waitUntil(dueAt: number, signal: AbortSignal): Promise<void> {
  const ms = dueAt - performance.now()
  if (ms <= 0 || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.ceil(Math.min(ms, 0x7fffffff)))
    signal.addEventListener('abort', done)
  })
}
