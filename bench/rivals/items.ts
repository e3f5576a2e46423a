import { largeItems } from '../work/large-items.ts'
import { smallItems } from '../work/small-items.ts'
import type { Item, StreamRequest } from './rival.ts'

/** What every rival's server streams. */
export function streamed({ count, size }: StreamRequest): Iterator<Item, undefined> {
  return size > 0 ? largeItems(count, size) : smallItems(count)
}
