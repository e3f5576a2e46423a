import { describe, expect, it } from 'vitest'
import { NotExposedError, type Registration, type Registry } from '../../../engine/index.ts'
import {
  createRegistryFinder,
  createSocketFinder,
  meantBy,
  outsidePipelines,
} from '../../../pipelines/cli/find-pipelines.ts'
import type { GuestPortal } from '../../../pipelines/cli/guest.ts'
import { planObject } from '../../../pipelines/index.ts'
import { guestBed, type KnownActor, registrationOf } from './guest-bed.ts'

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
      findAll: () => expect.unreachable(),
      reach: ({ actor }) => ({ actor }) as GuestPortal,
    })
    const [before] = await finder.find()
    const all = there
    there = []
    expect(await finder.find()).toEqual([])
    there = all
    expect((await finder.find())[0]).not.toBe(before)
  })

  it('are not those that have died, though they may be listed yet', async () => {
    const [dead, living] = ['dead', 'living'].map((id) =>
      registrationOf('a', { actor: { name: 'a', id }, functions, capabilities: { pipeline: 'a' } }),
    )
    const finder = createRegistryFinder({
      registry: { list: async () => [dead, living], mayListTheDead: true } as unknown as Registry,
      findAll: async () => [{ actor: living?.actor } as GuestPortal],
      reach: ({ actor }) => ({ actor }) as GuestPortal,
    })
    expect(await finder.find()).toMatchObject([{ id: 'living' }])
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

  it('are not the stages beside the one that answers for them, in a program with other actors', () => {
    const program = registrationOf('program')
    const parent = program.actor
    const inside = registrationOf('count', { functions, parent })
    const stage = registrationOf('lines#1', { functions: ['prepare', 'run', 'output', 'figures'], parent })
    const frank = registrationOf('frank', { parent })
    expect(outsidePipelines([frank, stage, inside, program])).toEqual([frank, program])
  })
})

describe('The pipelines of a host', () => {
  const answering = (name: string, answer: () => unknown, held?: readonly Registration[]): KnownActor => ({
    registration: registrationOf(name),
    portal: {
      run: async (question: string) => (question === 'pipelinePlace' ? { host: 'here', pid: 100 } : answer()),
    },
    ...(held && { held }),
  })
  const noPipeline = () => {
    throw new NotExposedError({ name: 'film', id: 'x' }, 'pipelinePlan', 'exposes nothing')
  }
  const inside = registrationOf('inside', { pid: 101, functions, capabilities: { pipeline: 'inside' } })

  async function openFinder(...actors: readonly KnownActor[]) {
    const { host } = await guestBed([...actors, { registration: inside }])
    const guest = await host.join('embedded', {})
    const names = actors.map(({ registration }) => registration.actor.name)
    return createSocketFinder(guest, async () => [...names, 'guest', 'gone'].map((name) => `/run/${name}.sock`))
  }

  it('are the programs whose root answers for one; what is none is not asked again, and the guest not at all', async () => {
    const asked: string[] = []
    const counting = (name: string, answer: () => unknown) =>
      answering(name, () => {
        asked.push(name)
        return answer()
      })
    const finder = await openFinder(
      counting('count', () => plan),
      counting('film', noPipeline),
      counting('frozen', () => {
        throw new Error('no answer')
      }),
    )
    expect(await finder.find()).toMatchObject([{ name: 'count', id: 'count-id', place: { host: 'here', pid: 100 } }])
    await finder.find()
    expect(asked.toSorted()).toEqual(['count', 'film', 'frozen', 'frozen'])
  })

  it('are those in the registries of the other programs, too, also while such a one does not answer', async () => {
    const film = answering('film', noPipeline, [registrationOf('film'), inside])
    const finder = await openFinder(
      answering('count', () => plan),
      film,
    )
    const first = await finder.find()
    expect(first).toMatchObject([{ name: 'count' }, { name: 'inside', id: 'inside-id', place: { pid: 101 } }])
    film.held = new Error('no answer')
    expect((await finder.find())[1]).toBe(first[1])
    film.held = []
    expect(await finder.find()).toEqual([first[0]])
  })

  it('are out of sight where a program has its registry with none of those here', async () => {
    const member = answering('member', noPipeline)
    const finder = await openFinder(
      member,
      answering('redis', noPipeline),
      answering('film', noPipeline, [registrationOf('film'), member.registration]),
    )
    expect(await finder.find()).toEqual([])
    expect(finder.outOfSight).toEqual(['redis'])
  })

  it('are each there once, if they run by themselves and are in the registry of another program', async () => {
    const count = answering('count', () => plan)
    const listed = { ...count.registration, functions, capabilities: { pipeline: 'count' } }
    const finder = await openFinder(count, answering('film', noPipeline, [listed]))
    expect(await finder.find()).toMatchObject([{ name: 'count', id: 'count-id' }])
  })
})
