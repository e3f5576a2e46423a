import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import {
  ActorExitError,
  type Cluster,
  defineActor,
  moveOnAfter,
  openCluster,
  openNursery,
  RemoteActorError,
  SpawnError,
  sleep,
} from '../../index.ts'
import works from '../fixtures/actors/works.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

const throwsWhileLoading = defineActor(new URL('../fixtures/actors/throws-while-loading.ts', import.meta.url).href, {
  any: () => 1,
})

describe('A cluster', () => {
  const { tree, nursery, notes, readNotes, processes, processOf } = openTreeBed()
  const noted = (name: string, count: number) =>
    waitUntil(async () => (await readNotes(name)).length >= count, { describe: () => readNotes(name) })
  const kill = async (name: string) => void process.kill((await processOf(name)).pid, 'SIGKILL')

  function* items(file: string, count = Infinity) {
    for (let n = 1; n <= count; n += 1) yield { n, file }
  }

  it('has an actor for each core, which end with it', async () => {
    await tree(async () => {
      await using pool = await openCluster({ definition: works })
      expect(pool.count).toBe(availableParallelism())
      const names = await Promise.all(pool.portals.map((portal) => portal.run('whoAmI', 0)))
      expect(names).toEqual(pool.portals.map((_, index) => `worker-${index + 1}`))
      await pool.close()
      expect(await processes()).toEqual([])
      expect(await errorOf(pool.map([1], 'square').next())).toMatchObject({ code: 'FLOW_USAGE' })
    })
  })

  it('takes a body, and resolves to what that returns when its actors have ended', async () => {
    const names = await tree(() =>
      openCluster({ definition: works, count: 3, name: 'mine' }, (pool) =>
        Array.fromAsync(pool.map([1, 2, 3], 'whoAmI')),
      ),
    )
    expect(names).toEqual(['mine-1', 'mine-2', 'mine-3'])
    expect(await processes()).toEqual([])
  })

  it('starts each of its actors with the spawn options', async () => {
    await tree(async () => {
      await using pool = await openCluster({ definition: works, count: 2, state: { colour: 'blue' } })
      expect(await Array.fromAsync(pool.map(['colour', 'colour'], 'readState'))).toEqual(['blue', 'blue'])
    })
  })

  it('throws what keeps its actors from starting, having ended the others', async () => {
    await tree(async () => {
      const error = await errorOf(openCluster({ definition: throwsWhileLoading, count: 2 }))
      const errors = error instanceof AggregateError ? (error.errors as Error[]) : [error]
      for (const each of errors) expect(each).toBeInstanceOf(SpawnError)
      expect(await processes()).toEqual([])
      expect(await errorOf(openCluster({ definition: throwsWhileLoading, count: 2 }, () => undefined))).toBeDefined()
      expect(await errorOf(openCluster({ definition: works, count: 0 }))).toMatchObject({ code: 'FLOW_USAGE' })
    })
  })

  describe('maps', () => {
    it('a thousand items in order, no further ahead of a slow consumer than it may', async () => {
      await tree(async () => {
        await using pool = await openCluster({ definition: works, count: 2 })
        const file = notes('look-ahead')
        const results: number[] = []
        let ahead = 0
        for await (const square of pool.map(items(file, 1000), 'squareNoted', { concurrency: 6 })) {
          results.push(square)
          if (results.length % 100 > 2 || results.length > 900) continue
          await noted('look-ahead', results.length + 6)
          await sleep(10)
          ahead = Math.max(ahead, (await readNotes('look-ahead')).length - results.length)
        }
        expect(results).toEqual(Array.from({ length: 1000 }, (_, index) => (index + 1) ** 2))
        expect(ahead).toBe(6)
        const lines = await readNotes('look-ahead')
        const shares = pool.portals.map(({ actor }) => lines.filter((line) => line.startsWith(actor.name)).length)
        // One that the machine holds up has at least one of each six.
        expect(Math.min(...shares)).toBeGreaterThan(150)
      })
    })

    it('in order though the work takes different times, and out of order where asked to', async () => {
      await tree(async () => {
        await using pool = await openCluster({ definition: works, count: 2 })
        const numbers = Array.from({ length: 200 }, (_, n) => n)
        expect(await Array.fromAsync(pool.map(numbers, 'square'))).toEqual(numbers.map((n) => n * n))
        const unordered = await Array.fromAsync(pool.map(numbers, 'square', { ordered: false }))
        expect(unordered).not.toEqual(numbers.map((n) => n * n))
        expect(unordered.toSorted((a, b) => a - b)).toEqual(numbers.map((n) => n * n))
      })
    })

    it.for(['process', 'thread', 'inline'] as const)(
      'the same way when its actors are spawned as: %s',
      async (spawn) => {
        await tree(async () => {
          await using pool = await openCluster({ definition: works, count: 2, spawn })
          const numbers = Array.from({ length: 50 }, (_, n) => n)
          expect(await Array.fromAsync(pool.map(numbers, 'square'))).toEqual(numbers.map((n) => n * n))
          const file = notes(`left-${spawn}`)
          const map = pool.map(items(file), 'wait')
          const first = map.next()
          await noted(`left-${spawn}`, 4)
          await map.return?.()
          await first
          expect((await readNotes(`left-${spawn}`)).length).toBe(8)
        })
      },
    )

    it('what a portal streams, and several sequences at once', async () => {
      await tree(async () => {
        await using pool = await openCluster({ definition: works, count: 2 })
        const [first] = pool.portals
        const counts = [10, 20, 30]
        const sums = await Promise.all(
          counts.map(async (to) => {
            let sum = 0
            for await (const n of pool.map(first?.stream('count', to) ?? [], 'square')) sum += n
            return sum
          }),
        )
        expect(sums).toEqual([285, 2470, 8555])
      })
    })

    it('and throws an error of an item in its place, having cancelled the rest', async () => {
      await tree(async () => {
        await using pool = await openCluster({ definition: works, count: 2 })
        const file = notes('fails')
        const results: number[] = []
        const error = await errorOf(
          (async () => {
            for await (const n of pool.map(items(file), 'failAtTwo')) results.push(n)
          })(),
        )
        expect(error).toBeInstanceOf(RemoteActorError)
        expect(error).toMatchObject({ message: 'two is too much', remoteName: 'RangeError' })
        expect(results).toEqual([1])
        const lines = await readNotes('fails')
        expect(lines.filter((line) => line.startsWith('ended')).length).toBe(lines.length / 2)
        // The cluster is none the worse for it.
        expect(await Array.fromAsync(pool.map([2, 3], 'square'))).toEqual([4, 9])
      })
    })

    it('and throws the first error alone when many fail', async () => {
      await tree(async () => {
        await using pool = await openCluster({ definition: works, count: 2 })
        for (const ordered of [true, false]) {
          const failing = Array.from({ length: 50 }, () => ({ n: 2, file: '' }))
          const error = await errorOf(Array.fromAsync(pool.map(failing, 'failAtTwo', { ordered, concurrency: 20 })))
          expect(error).toBeInstanceOf(RemoteActorError)
        }
      })
    })

    it('and has ended what was under way when it is left', async () => {
      await tree(async () => {
        await using pool = await openCluster({ definition: works, count: 2 })
        const file = notes('left')
        let closed = false
        async function* input() {
          try {
            yield* items(file)
          } finally {
            await sleep(10)
            closed = true
          }
        }
        const map = pool.map(input(), 'wait', { concurrency: 4 })
        const first = map.next()
        await noted('left', 4)
        await map.return?.()
        expect(await first).toEqual({ done: true, value: undefined })
        expect(closed).toBe(true)
        expect((await readNotes('left')).slice(4).toSorted()).toEqual(['ended 1', 'ended 2', 'ended 3', 'ended 4'])
      })
    })

    it('and has ended it when its task is cancelled, or its signal aborts', async () => {
      await tree(async () => {
        await using pool = await openCluster({ definition: works, count: 2 })
        await openNursery(async (nursery) => {
          void nursery.startTask(() => Array.fromAsync(pool.map(items(notes('cancelled')), 'wait')))
          await noted('cancelled', 4)
          nursery.cancel()
        })
        const lines = await readNotes('cancelled')
        expect(lines.filter((line) => line.startsWith('ended')).length).toBe(lines.length / 2)
        const abort = new AbortController()
        const { signal } = abort
        const aborted = errorOf(Array.fromAsync(pool.map(items(notes('aborted')), 'wait', { signal })))
        await noted('aborted', 4)
        const reason = new Error('enough')
        abort.abort(reason)
        expect(await aborted).toBe(reason)
        expect((await readNotes('aborted')).length).toBe(8)
        expect(await errorOf(pool.map([1], 'square', { signal }).next())).toBe(reason)
      })
    })
  })

  describe('when one of its actors is killed', () => {
    it('fails the map in hand at once, with how the actor ended, and so every one after', async () => {
      const file = notes('killed')
      await tree(async () => {
        await using pool = await openCluster({ definition: works, count: 2 })
        const mapped = errorOf(Array.fromAsync(pool.map(items(file), 'wait')))
        await noted('killed', 4)
        await kill('worker-2')
        const error = await mapped
        expect(error).toBeInstanceOf(ActorExitError)
        expect(error).toMatchObject({ actor: { name: 'worker-2' }, signal: 'SIGKILL' })
        expect(pool.signal.aborted).toBe(true)
        expect(await errorOf(pool.map([1], 'square').next())).toBe(error)
      })
      // The two of the other one, whose clean-up has run.
      expect((await readNotes('killed')).filter((line) => line.startsWith('ended')).length).toBe(2)
    })

    it('throws that when it is disposed, if nobody was told before', async () => {
      await tree(async () => {
        const pool = await openCluster({ definition: works, count: 2 })
        // It fails as well, but nobody asks it for anything any more.
        await pool.map([1, 2, 3], 'square', { concurrency: 1 }).next()
        await kill('worker-1')
        await waitUntil(() => pool.signal.aborted, { describe: () => pool.signal })
        expect(await errorOf(pool.close())).toMatchObject({ code: 'FLOW_ACTOR_EXIT', actor: { name: 'worker-1' } })
        await pool.close()
      })
    })

    it('throws that from the call that has a body, which is interrupted', async () => {
      const file = notes('killed-in-body')
      let inBody: unknown
      const error = await tree(() =>
        errorOf(
          openCluster({ definition: works, count: 2 }, async (pool) => {
            const mapped = errorOf(Array.fromAsync(pool.map(items(file), 'wait')))
            await noted('killed-in-body', 4)
            await kill('worker-1')
            inBody = await mapped
            await sleep(1_000_000)
          }),
        ),
      )
      expect(error).toBeInstanceOf(ActorExitError)
      expect(inBody).toBe(error)
    })

    it('is a failure of the nursery that its owner is in', async () => {
      const error = await errorOf(
        nursery(async (outer) => {
          const other = await outer.startActor('other', works)
          await using pool = await openCluster({ definition: works, count: 2 })
          await Promise.all([other.run('square', 2), Array.fromAsync(pool.map([1, 2, 3], 'square'))])
          await kill('worker-1')
          await Array.fromAsync(pool.map(items(notes('inner')), 'wait'))
        }),
      )
      expect(error).toBeInstanceOf(ActorExitError)
    })
  })

  describe('ends with its owner', () => {
    it('when that is cancelled, which is no failure of the cluster', async () => {
      await tree(async () => {
        const file = notes('owner-cancelled')
        const { cancelled } = await moveOnAfter(1_000, async () => {
          await using pool = await openCluster({ definition: works, count: 2 })
          await Array.fromAsync(pool.map(items(file), 'wait'))
        })
        expect(cancelled).toBe(true)
        expect(await processes()).toEqual([])
      })
    })

    it('when its body throws', async () => {
      const mine = new Error('mine')
      const file = notes('body-throws')
      const error = await tree(() =>
        errorOf(
          openCluster({ definition: works, count: 2 }, async (pool) => {
            pool
              .map(items(file), 'wait')
              .next()
              .catch(() => undefined)
            await noted('body-throws', 4)
            throw mine
          }),
        ),
      )
      expect(error).toBe(mine)
      expect(await processes()).toEqual([])
      expect((await readNotes('body-throws')).length).toBe(8)
    })

    it('when that starts it and is cancelled meanwhile', async () => {
      await tree(async () => {
        const { cancelled } = await moveOnAfter(20, () => openCluster({ definition: works, count: 2 }))
        expect(cancelled).toBe(true)
        expect(await processes()).toEqual([])
      })
    })

    it('at the latest with its actor, if nobody disposes it', async () => {
      let pool: Cluster<typeof works.functions> | undefined
      await tree(async () => {
        await openNursery(async () => {
          pool = await openCluster({ definition: works, count: 2 })
        })
        expect((await processes()).length).toBe(2)
      })
      expect(await processes()).toEqual([])
      expect(pool?.signal.aborted).toBe(true)
    })
  })
})
