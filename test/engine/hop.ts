import type { Hop } from '../../engine/interceptor.ts'

/** The hop of the streams under test. */
export const hop: Hop = { from: { name: 'a', id: 'a1' }, to: { name: 'b', id: 'b1' }, functionName: 'count' }

/** How a sampled item of a batch travels: its place there, and the ids of its trace, of which `span1` is given. */
export function sampled(index: number, span1: number): number[] {
  return [index, 0, 0, 0, 0, 0, span1]
}
