import { describe, expect, it } from 'vitest'
import { buildChain } from '../../pipelines/chain.ts'
import type { Flow } from '../../pipelines/flow.ts'
import type { ResolvedStep } from '../../pipelines/resolve-steps.ts'
import { testStage } from './stage.ts'

const location = 'p.yaml:1:1'

async function* endless(): AsyncGenerator<readonly unknown[]> {
  for (let n = 1; ; n += 1) yield [n]
}

/** A step that lets two items through, and ends by itself at the next when its stage is cancelled. */
const leaving: [name: string, make: (signal: AbortSignal) => ResolvedStep][] = [
  [
    'a step of the user',
    (signal) => ({
      kind: 'use',
      location,
      with: undefined,
      fn: async function* (input: AsyncIterable<unknown>) {
        for await (const item of input) {
          if (signal.aborted) return
          yield item
        }
      } as never,
    }),
  ],
  ['an operator', (signal) => ({ kind: 'ix', location, name: 'takeWhile', args: [() => !signal.aborted] })],
]

describe('A chain of steps', () => {
  it.each(leaving)(
    'has no end, and nothing made of a part, when %s ends as its stage is cancelled',
    async (_, make) => {
      const cancelled = new AbortController()
      const stage = testStage({ signal: cancelled.signal })
      const cancelAtThree: ResolvedStep = {
        kind: 'map',
        location,
        fn: (n: unknown) => {
          if (n === 3) cancelled.abort(new Error('enough'))
          return n
        },
      }
      const count: ResolvedStep = { kind: 'countBy', location, by: () => 'all' }
      const flow: Flow = await buildChain([cancelAtThree, make(cancelled.signal), count], {
        first: endless(),
        merged: new Map(),
        stage,
      })
      const out: unknown[] = []
      const reading = (async () => {
        for await (const items of flow) out.push(...items)
      })()
      await expect(reading).rejects.toThrow('enough')
      expect(out).toEqual([])
    },
  )
})
