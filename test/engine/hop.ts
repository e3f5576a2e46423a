import type { Hop } from '../../engine/interceptor.ts'
import { TracePacker } from '../../engine/packed-traces.ts'

/** The hop of the streams under test. */
export const hop: Hop = { from: { name: 'a', id: 'a1' }, to: { name: 'b', id: 'b1' }, functionName: 'count' }

/** How a sampled item of a batch travels: its place there, and the ids of its trace, of which `span1` is given. */
export function sampled(index: number, span1: number, texts: { baggage?: string; traceState?: string } = {}): Buffer {
  const packer = new TracePacker()
  const ids = { trace0: 0, trace1: 0, trace2: 0, trace3: 0, span0: 0, span1 }
  packer.add(index, { ...ids, baggage: texts.baggage, traceState: texts.traceState })
  return packer.takeRun() ?? Buffer.alloc(0)
}
