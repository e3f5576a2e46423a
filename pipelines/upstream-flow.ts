import { ChannelBrokenError, sleep } from '../engine/index.ts'
import { blame } from './blame.ts'
import { noteArrived } from './step-hand.ts'

/** The output of an actor of another stage, before it is opened. */
export interface UpstreamOutput {
  batches(): AsyncIterator<readonly unknown[]>
  /** Tells it that this reader wants nothing, whether or not it knows of it. */
  decline(): Promise<void>
}

// How long the loss of an upstream actor is left to the runner, which knows better what happened to it.
const upstreamLossMs = 5_000

/**
 * The output of one upstream actor as its reader pulls it. Not a generator: it can be left while a pull is under way, and
 * one that is left before the first pull still tells its actor that nobody will come.
 */
export class UpstreamFlow implements AsyncIterableIterator<readonly unknown[]> {
  readonly #output: UpstreamOutput
  readonly #notesArrival: boolean
  #batches: AsyncIterator<readonly unknown[]> | undefined
  // It has answered: so it knows of this reader.
  #answered = false
  #left = false

  /** `notesArrival` where it matters that the items do not begin in this stage: beside a source, if items are followed. */
  constructor(output: UpstreamOutput, { notesArrival = false }: { readonly notesArrival?: boolean } = {}) {
    this.#output = output
    this.#notesArrival = notesArrival
  }

  async next(): Promise<IteratorResult<readonly unknown[]>> {
    if (this.#left) return { value: undefined, done: true }
    this.#batches ??= this.#output.batches()
    try {
      const result = await this.#batches.next()
      this.#answered = true
      if (result.done !== true && this.#notesArrival) noteArrived(result.value)
      return result
    } catch (error) {
      this.#answered = true
      if (error instanceof ChannelBrokenError) await sleep(upstreamLossMs)
      throw blame(error, {})
    }
  }

  async return(): Promise<IteratorResult<readonly unknown[]>> {
    if (!this.#left) {
      this.#left = true
      const answered = this.#answered
      await this.#batches?.return?.()
      // One that was left on the way to its actor may never have come there.
      if (!answered) await this.#output.decline()
    }
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
