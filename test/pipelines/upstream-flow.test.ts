import { describe, expect, it } from 'vitest'
import { Outlet } from '../../pipelines/outlet.ts'
import { UpstreamFlow } from '../../pipelines/upstream-flow.ts'

/** An output that gives so many batches and then waits, and what it was told. */
function outputOf(batchCount: number) {
  const told: string[] = []
  const over = Promise.withResolvers<IteratorResult<readonly unknown[]>>()
  let given = 0
  const batches = {
    next: () => (given++ < batchCount ? Promise.resolve({ value: [given], done: false as const }) : over.promise),
    async return() {
      told.push('left')
      over.resolve({ value: undefined, done: true })
      return { value: undefined, done: true as const }
    },
  }
  const output = {
    batches: () => batches,
    async decline() {
      told.push('declined')
    },
  }
  return { told, flow: new UpstreamFlow(output) }
}

describe('The output of an upstream actor', () => {
  it('is declined by one who leaves before the first pull', async () => {
    const { told, flow } = outputOf(1)
    await flow.return()
    await flow.return()
    expect(told).toEqual(['declined'])
    expect(await flow.next()).toEqual({ value: undefined, done: true })
  })

  it('is left and declined by one who leaves before the first answer: the pull may never come there', async () => {
    const { told, flow } = outputOf(0)
    const pull = flow.next()
    await flow.return()
    expect(await pull).toEqual({ value: undefined, done: true })
    expect(told).toEqual(['left', 'declined'])
  })

  it('is only left by one who has had something of it', async () => {
    const { told, flow } = outputOf(1)
    expect(await flow.next()).toEqual({ value: [1], done: false })
    await flow.return()
    expect(told).toEqual(['left'])
  })
})

describe('The outlet of a stage', () => {
  it('counts a reader once that leaves and declines, and waits for the others', async () => {
    let isUnwanted = false
    const reader = (id: string) => ({ consumer: 'words', actorCount: 2, id })
    const outlet = new Outlet([{ consumer: 'words', actorCount: 2 }], () => {
      isUnwanted = true
    })
    const reading = outlet.read(reader('0'))
    const first = reading.next()
    outlet.decline(reader('1'))
    expect(await outlet.push(['a'], undefined)).toBe(true)
    expect((await first).done).toBe(false)
    outlet.decline(reader('1'))
    expect(isUnwanted).toBe(false)
    await reading.return(undefined)
    outlet.decline(reader('0'))
    expect(isUnwanted).toBe(true)
    expect(await outlet.push(['b'], undefined)).toBe(false)
  })
})
