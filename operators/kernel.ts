import { writeLoop } from './kernel-source.ts'
import { createState, createTable, flushStep, type KernelState, type StepTable } from './kernel-state.ts'
import { checkStep, functionOf, type Step } from './step.ts'
import { StepError } from './step-error.ts'
import { refuseIterable, refusePromise, requireNumber } from './value-checks.ts'

/**
 * A chain of synchronous steps, compiled to one loop. It belongs to the caller, who pushes its input through, one array at a time.
 *
 * When a step fails, `push` and `finish` throw `StepError`. The item that failed is then dropped and the kernel stays usable: push the
 * rest of the array, or call `finish` again, to go on with the next item.
 */
export interface Kernel {
  /** Puts an array of items through; what comes out of it. Gives nothing once the kernel is done. */
  push(batch: readonly unknown[]): unknown[]
  /** Ends the input; what the steps still held. The kernel is then done. */
  finish(): unknown[]
  /** Whether more input would change nothing: a `take` has had enough, or the input was ended. What later steps hold is still for `finish`. */
  readonly done: boolean
  /** Where the last step has kept each of what `finish` has given, in that order, if it keeps them apart: `countBy` and `topN`. */
  places(): readonly object[]
}

export interface KernelOptions {
  /**
   * Told, for each item that comes to the last step, of the place where that keeps it, by its key or by itself: `places` will have
   * it. Undefined for one that it does not keep. Without it, nobody pays for that.
   */
  readonly kept?: ((place: object | undefined) => void) | undefined
}

/**
 * Compiles a chain of steps into a kernel with a state of its own.
 *
 * The functions must be plain: a promise from one is a `StepError`.
 *
 * @throws RangeError for a count that no sequence can have, TypeError for a missing function or an `initial` that cannot be copied.
 */
export function compileKernel(steps: readonly Step[], options: KernelOptions = {}): Kernel {
  steps.forEach(checkStep)
  return new CompiledKernel(steps, options)
}

type Loop = (values: readonly unknown[], out: unknown[]) => void

class CompiledKernel implements Kernel {
  readonly #steps: readonly Step[]
  readonly #options: KernelOptions
  readonly #state: KernelState
  readonly #tables: readonly StepTable[]
  readonly #loops = new Map<number, Loop>()
  readonly #enter: Loop
  #entered = 0
  #finishing = false
  /** The next step to be asked for what it holds. */
  #nextFlush = 0
  /** What the step before that held, as far as it has not gone through the steps after it. */
  #flushed: unknown[] = []

  constructor(steps: readonly Step[], options: KernelOptions) {
    this.#steps = [...steps]
    this.#options = options
    this.#state = createState(steps)
    this.#tables = steps.map(createTable)
    this.#enter = this.#loopFrom(0)
  }

  get done(): boolean {
    return this.#finishing || this.#state.stop >= 0
  }

  push(batch: readonly unknown[]): unknown[] {
    const out: unknown[] = []
    if (this.done) return out
    try {
      this.#enter(batch, out)
    } finally {
      this.#entered += this.#state.used
    }
    return out
  }

  finish(): unknown[] {
    const out: unknown[] = []
    this.#finishing = true
    while (this.#takeFlushed()) {
      const start = this.#nextFlush
      try {
        this.#loopFrom(start)(this.#flushed, out)
        this.#flushed = []
      } catch (error) {
        // Kept for the next call, unless a later `take` has had enough of them.
        this.#flushed = this.#state.stop >= start ? [] : this.#flushed.slice(this.#state.used)
        throw error
      }
    }
    return out
  }

  places(): readonly object[] {
    const table = this.#tables.at(-1)
    return table !== undefined && 'places' in table ? table.places() : []
  }

  /** Makes sure that there are flushed items to go on with; false when no step holds any more. */
  #takeFlushed(): boolean {
    while (this.#flushed.length === 0) {
      const k = this.#nextFlush
      const step = this.#steps[k]
      if (step === undefined) return false
      this.#nextFlush += 1
      // What comes before a `take` that has had enough could not pass it.
      if (k > this.#state.stop) this.#flushed = flushStep(step, k, this.#state, this.#tables[k])
    }
    return true
  }

  /** The loop that begins with step `start`: one for the input, and one after each step that holds items until the end. */
  #loopFrom(start: number): Loop {
    let loop = this.#loops.get(start)
    if (loop === undefined) {
      const { kept } = this.#options
      loop = compileLoop(this.#steps, start, { state: this.#state, tables: this.#tables, fail: this.#fail, kept })
      this.#loops.set(start, loop)
    }
    return loop
  }

  #fail: Fail = (cause, stepIndex, item, input, position, out) => {
    const step = this.#steps[stepIndex]!.kind
    const itemNumber = this.#entered + (this.#finishing ? 0 : position)
    throw new StepError(cause, { step, stepIndex, item, input, itemNumber, emitted: out })
  }
}

type Fail = (
  cause: unknown,
  stepIndex: number,
  item: unknown,
  input: unknown,
  position: number,
  emitted: unknown[],
) => never

interface LoopParts extends KernelOptions {
  readonly state: KernelState
  readonly tables: readonly StepTable[]
  readonly fail: Fail
}

function compileLoop(steps: readonly Step[], start: number, { tables, ...rest }: LoopParts): Loop {
  const numbered: [string, unknown][] = steps.flatMap((step, k) => [
    [`f${k}`, functionOf(step)],
    [`t${k}`, tables[k]],
  ])
  const bound: [string, unknown][] = [
    ...numbered.filter(([, value]) => value !== undefined),
    ...Object.entries({ ...rest, refuseIterable, refusePromise, requireNumber }),
  ]
  const names = bound.map(([name]) => name)
  // A function compiled for this kernel alone, so that the engine's type feedback is for this kernel's functions alone.
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is made of fixed templates; user code comes in as values
  const make = new Function(...names, `'use strict'; return ${writeLoop(steps, start, rest.kept !== undefined)}`)
  return make(...bound.map(([, value]) => value)) as Loop
}
