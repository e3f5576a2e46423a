import { describe, expect, it } from 'vitest'
import { NotExposedError, type Registry } from '../../../engine/index.ts'
import {
  createRegistryFinder,
  createSocketFinder,
  meantBy,
  outsidePipelines,
} from '../../../pipelines/cli/find-pipelines.ts'
import { planObject } from '../../../pipelines/index.ts'
import { guestBed, registrationOf } from './guest-bed.ts'

const plan = planObject({ pipeline: 'count', stages: { a: { source: 'generate', sink: 'drop' } } })
const functions = ['pipelinePlan', 'watchPipeline']

describe('The pipelines of a registry', () => {
  it('are the actors with its functions, by name, and the same at each look', async () => {
    const { host } = await guestBed([
      { registration: registrationOf('frank') },
      { registration: registrationOf('b', { functions, capabilities: { pipeline: 'b' } }) },
      { registration: registrationOf('a', { functions, capabilities: { pipeline: 'a' } }) },
    ])
    await using guest = await host.join('unix:/run/registry.sock', {})
    const finder = createRegistryFinder(guest)
    const first = await finder.find()
    expect(first.map(({ name, id }) => [name, id])).toEqual([
      ['a', 'a-id'],
      ['b', 'b-id'],
    ])
    expect((await finder.find())[0]).toBe(first[0])
  })

  it('are forgotten when they have left', async () => {
    let there = [registrationOf('a', { functions })]
    const finder = createRegistryFinder({
      registry: { list: async () => there } as unknown as Registry,
      get: () => Promise.reject(new Error('nobody asks')),
    })
    const [before] = await finder.find()
    const all = there
    there = []
    expect(await finder.find()).toEqual([])
    there = all
    expect((await finder.find())[0]).not.toBe(before)
  })
})

describe('The pipelines that are meant', () => {
  const pipeline = (name: string, id: string, pid: number) => ({ name, id, place: { host: 'here', pid } })
  const all = [pipeline('a', 'x', 1), pipeline('a', 'y', 2), pipeline('2', 'z', 3)]
  const [first, second, third] = all

  it.each([
    [{}, all],
    [{ name: 'a' }, [first, second]],
    [{ name: 'b' }, []],
    [{ run: '2' }, [second]],
    [{ run: 'z' }, [third]],
    [{ name: 'a', run: '1' }, [first]],
    [{ name: 'a', run: 'y' }, [second]],
    [{ name: 'a', run: '3' }, []],
  ] as const)('by %j are those of that name, and of them the one with that process or id', (choice, meant) => {
    expect(meantBy(choice, all)).toEqual(meant)
  })
})

describe('The actors outside of pipelines', () => {
  it('are neither those that answer for one, nor what is below them', () => {
    const pipeline = registrationOf('count', { functions })
    const stage = registrationOf('lines#1', { parent: pipeline.actor })
    const below = registrationOf('worker', { parent: stage.actor })
    const frank = registrationOf('frank', { parent: { name: 'gone', id: 'gone-id' } })
    expect(outsidePipelines([below, frank, stage, pipeline])).toEqual([frank])
  })
})

describe('The pipelines of a host', () => {
  it('are the programs whose root answers for one; what is none is not asked again, and the guest not at all', async () => {
    const asked: string[] = []
    const answering = (name: string, answer: () => unknown) => ({
      registration: registrationOf(name),
      portal: {
        run: async (question: string) => {
          if (question === 'pipelinePlace') return { host: 'here', pid: 100 } as never
          asked.push(name)
          return answer() as never
        },
      },
    })
    const { host } = await guestBed([
      answering('count', () => plan),
      answering('film', () => {
        throw new NotExposedError({ name: 'film', id: 'x' }, 'pipelinePlan', 'exposes nothing')
      }),
      answering('frozen', () => {
        throw new Error('no answer')
      }),
    ])
    await using guest = await host.join('embedded', {})
    const finder = createSocketFinder(guest, async () =>
      ['count', 'film', 'frozen', 'guest', 'gone'].map((name) => `/run/${name}.sock`),
    )
    expect(await finder.find()).toMatchObject([{ name: 'count', id: 'count-id', place: { host: 'here', pid: 100 } }])
    // It may have pipelines in its registry.
    expect(finder.elsewhere).toEqual(['unix:/run/film.sock'])
    await finder.find()
    expect(finder.elsewhere).toEqual(['unix:/run/film.sock'])
    expect(asked.toSorted()).toEqual(['count', 'film', 'frozen', 'frozen'])
  })
})
