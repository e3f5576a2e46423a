import type { Hop } from '../../engine/interceptor.ts'

/** The hop of the streams under test. */
export const hop: Hop = { from: { name: 'a', id: 'a1' }, to: { name: 'b', id: 'b1' }, functionName: 'count' }
