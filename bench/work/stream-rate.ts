import { rates, timed } from './figures.ts'
import { Tally, warmUp } from './small-items.ts'

export interface StreamRateOptions {
  /** How large an item is, where megabytes a second are wanted too. */
  readonly itemBytes?: number
}

/** Takes in all of a stream; throws if that is not what was asked for. */
export type Drain = (count: number) => Promise<void>

/** Iterates what `open` gives, item by item, and checks it. */
export function drainBy(open: (count: number) => AsyncIterable<{ readonly id: number }>): Drain {
  return async (count) => {
    const tally = new Tally()
    for await (const item of open(count)) tally.add(item)
    tally.check(count)
  }
}

/** Drains a shorter stream first, so that everything is compiled, and then one of `count` items against the clock. */
export async function rateOf(
  drain: Drain,
  count: number,
  options: StreamRateOptions = {},
): Promise<Record<string, number>> {
  await drain(warmUp(count))
  return rates(count, await timed(() => drain(count)), options.itemBytes)
}
