import { describe, expect, it } from 'vitest'
import type { Nursery, SpawnOptions } from '../../index.ts'
import meets from '../fixtures/actors/meets.ts'
import { openTreeBed } from '../support/tree.ts'

const tcp: SpawnOptions = { listen: ['tcp://127.0.0.1:0'] }

describe('The connection between two actors', () => {
  const bed = openTreeBed()
  const { nursery } = bed

  async function startTwo(nursery: Nursery, options: SpawnOptions = {}, others: SpawnOptions = options) {
    const [left, right] = await Promise.all([
      nursery.startActor('left', meets, options),
      nursery.startActor('right', meets, others),
    ])
    return { left, right, end: () => Promise.all([left.cancelActor(), right.cancelActor()]) }
  }

  it('carries all that they have open at once', async () => {
    await nursery(async (nursery) => {
      const { left, right, end } = await startTwo(nursery)
      expect(await left.run('labelsTo', 'right')).toEqual([])
      expect((await left.run('readMany', 'right', 20)).length).toBe(1)
      expect(await right.run('labelsTo', 'left')).toHaveLength(1)
      await end()
    })
  })

  it.for([
    ['unix sockets', {}],
    ['TCP', tcp],
  ] as const)('may be made by both at the same moment (%s)', async ([, options]) => {
    for (let round = 0; round < 5; round += 1) {
      await nursery(async (nursery) => {
        const { left, right, end } = await startTwo(nursery, options)
        const answers = await Promise.all([left.run('ask', 'right', 10), right.run('ask', 'left', 10)])
        expect(answers).toEqual([Array(10).fill('right'), Array(10).fill('left')])
        await end()
      })
    }
  })

  it('is made again for new calls after it broke', async () => {
    await nursery(async (nursery) => {
      const { left, right, end } = await startTwo(nursery, tcp)
      for (let round = 0; round < 3; round += 1) {
        expect(await left.run('ask', 'right', 2)).toEqual(['right', 'right'])
        expect(await right.run('ask', 'left', 1)).toEqual(['left'])
        expect(await left.run('readAndCut', 'right')).toBe('FLOW_CHANNEL_BROKEN')
      }
      await end()
    })
  })

  it.for([
    ['a unix socket rather than TCP', { listen: ['tcp://127.0.0.1:0', 'unix:/'] }, /^unix:/],
    ['TCP where there is nothing else', tcp, /^tcp:/],
  ] as const)('is %s', async ([, options, label]) => {
    await nursery(async (nursery) => {
      const { temporaryDirectory } = bed
      const listen = (options.listen ?? []).map((address) =>
        address === 'unix:/' ? `unix:${temporaryDirectory}/r.sock` : address,
      )
      const { left, end } = await startTwo(nursery, {}, { listen })
      expect(await left.run('readMany', 'right', 1)).toEqual([expect.stringMatching(label)])
      await end()
    })
  })

  it('stays in the process between two threads of it, and in memory between two inline actors', async () => {
    await nursery(async (nursery) => {
      const threads = await startTwo(nursery, { spawn: 'thread' })
      expect(await threads.left.run('readMany', 'right', 1)).toEqual([expect.stringMatching(/^port:/)])
      await threads.end()
      const inline = await startTwo(nursery, { spawn: 'inline' })
      expect(await inline.left.run('readMany', 'right', 1)).toEqual([expect.stringMatching(/^memory:/)])
      await inline.end()
    })
  })
})
