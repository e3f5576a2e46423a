import { afterAll, afterEach, describe, expect, it } from 'vitest'
import {
  ActorNotFoundError,
  findActor,
  getRegistry,
  holdLeadership,
  type LedgerEntry,
  type Nursery,
  openNursery,
  type Portal,
  RegistryUnavailableError,
  sleep,
  waitForActor,
  watchActors,
} from '../../index.ts'
import answers from '../fixtures/actors/answers.ts'
import counts from '../fixtures/actors/counts.ts'
import joins from '../fixtures/programs/joins.ts'
import { endProgram, startJoining } from '../support/foreign-program.ts'
import { openRedisBed } from '../support/redis-bed.ts'
import { openRedisServer, type RedisServer } from '../support/redis-server.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

let server: RedisServer
// The last to go, and a server of its own: others want theirs to be there.
afterAll(() => server.close())
const bed = openRedisBed(async () => {
  server = await openRedisServer()
  return server.url
})
const { tree } = openTreeBed()

afterEach(async () => {
  await waitUntil(() => bed.client.status === 'ready', { describe: () => bed.client.status })
  await bed.expectKeysGone()
})

const leaseMs = 300
const streamedCount = 1_000_000

/** A tree that reads a long stream, once from its own actor and once from another program, while something is done. */
async function expectStreamsToGoOn(disturb: (nursery: Nursery) => Promise<void>): Promise<void> {
  const registry = bed.address({ leaseMs })
  await tree(
    () =>
      openNursery(async (nursery) => {
        const program = startJoining({ name: 'stranger', registry })
        const counter = await nursery.startActor('counter', counts)
        const stranger = await waitForActor('stranger', joins)
        let readCount = 0
        let disturbed = false
        const read = async (stream: AsyncIterable<number>) => {
          let next = 0
          for await (const n of stream) {
            if (n !== next) throw new Error(`${n} in place of ${next}`)
            next += 1
            readCount += 1
            // In its midst, whatever is done and however long that takes.
            if (next === streamedCount / 2) {
              await waitUntil(() => disturbed, { withinMs: 40_000, describe: () => 'what is done meanwhile' })
            } else if (next % 20_000 === 0 && !disturbed) await sleep(10)
          }
          return next
        }
        const reading = Promise.all([
          read(counter.stream('count', streamedCount)),
          read(stranger.stream('count', streamedCount)),
        ])
        await waitUntil(() => readCount > 1_000, { describe: () => readCount })
        try {
          await disturb(nursery)
        } finally {
          disturbed = true
        }
        expect(await reading).toEqual([streamedCount, streamedCount])
        await counter.cancelActor()
        await endProgram(program)
      }),
    { registry, name: 'reader' },
  )
}

/** Waits until all are found again under their names. */
async function expectFoundAgain(): Promise<void> {
  const registry = await getRegistry()
  const listed = async () => (await registry.list()).map(({ actor }) => actor.name).toSorted()
  await waitUntil(async () => (await listed()).join() === 'counter,reader,stranger', { describe: listed })
  // On a busy machine a lease as short as these may run out in between.
  await waitUntil(async () => (await findActor('counter', counts)) !== undefined, { describe: listed })
}

async function gaps(): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for await (const entry of (await getRegistry()).readLedger()) if (entry.kind === 'gap') entries.push(entry)
  return entries
}

const isAway = async () =>
  waitUntil(async () => (await getRegistry()).outage !== undefined, { describe: () => 'the outage' })

describe('While streams run', () => {
  it('Redis may be killed and come back empty: nothing is lost, and all are registered again', async () => {
    await expectStreamsToGoOn(async (nursery) => {
      const before = Date.now()
      await server.kill()
      await isAway()
      expect(await errorOf(findActor('counter', counts, { timeoutMs: 50 }))).toBeInstanceOf(RegistryUnavailableError)
      // The ledger does not get to know of this one in time.
      const late = await nursery.startActor('late', answers)
      await server.start()
      await waitForActor('late', answers)
      await late.cancelActor()
      await expectFoundAgain()
      await waitUntil(async () => (await gaps()).length > 0, { describe: gaps })
      const [gap] = await gaps()
      expect(gap?.kind === 'gap' && gap.sinceMs >= before - leaseMs && gap.sinceMs <= gap.atMs).toBe(true)
    })
  })

  it('Redis may stand still for longer than the leases', async () => {
    await expectStreamsToGoOn(async () => {
      server.freeze()
      await isAway()
      expect(await errorOf(findActor('counter', counts, { timeoutMs: 3 * leaseMs }))).toMatchObject({
        code: 'FLOW_REGISTRY_UNAVAILABLE',
      })
      server.thaw()
      await expectFoundAgain()
    })
  })

  it('Redis may sleep by its own', async () => {
    await expectStreamsToGoOn(async () => {
      await bed.client.call('DEBUG', 'SLEEP', '1').catch(() => undefined)
      await expectFoundAgain()
    })
  })

  it('Redis may be emptied', async () => {
    await expectStreamsToGoOn(async () => {
      await bed.client.flushall()
      await expectFoundAgain()
    })
  })

  it('Redis may cut all connections, again and again', async () => {
    await expectStreamsToGoOn(async () => {
      for (let n = 0; n < 5; n += 1) {
        await bed.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
        await expectFoundAgain()
      }
    })
  })
})

describe('While Redis is away', () => {
  const inTree = (main: () => Promise<void>) => tree(main, { registry: bed.address({ leaseMs }), name: 'root' })

  it('a look-up waits until it is back', async () => {
    await inTree(async () => {
      await server.kill()
      await isAway()
      const [looking, waiting] = [findActor('root', answers), waitForActor('root', answers)]
      await server.start()
      expect((await waiting).actor.name).toBe('root')
      expect([undefined, 'root']).toContain((await looking)?.actor.name)
    })
  })

  it('a look-up and a wait end at their limit, and a cancelled one at once', async () => {
    await inTree(async () => {
      await server.kill()
      await isAway()
      expect(await errorOf(findActor('nobody', answers, { timeoutMs: 50 }))).toBeInstanceOf(RegistryUnavailableError)
      expect(await errorOf(waitForActor('nobody', answers, { timeoutMs: 50 }))).toBeInstanceOf(RegistryUnavailableError)
      const reason = await errorOf(
        openNursery(async (nursery) => {
          nursery.startTask(() => findActor('nobody', answers)).catch(() => undefined)
          throw new Error('enough')
        }),
      )
      expect(reason.message).toBe('enough')
      await server.start()
      await waitForActor('root', answers)
      expect(await errorOf(waitForActor('nobody', answers, { timeoutMs: 50 }))).toBeInstanceOf(ActorNotFoundError)
    })
  })

  it('an actor that nobody else may be called like comes up no more, and any other does', async () => {
    await inTree(async () => {
      await openNursery(async (nursery) => {
        await server.kill()
        await isAway()
        const portal = await nursery.startActor('any', answers)
        expect(await portal.run('add', 1, 2)).toBe(3)
        expect(await errorOf(nursery.startActor('one', answers, { unique: true }))).toMatchObject({
          code: 'FLOW_SPAWN',
        })
        await server.start()
        expect((await waitForActor('any', answers)).actor).toEqual(portal.actor)
        await portal.cancelActor()
      })
    })
  })

  it('whoever leads is told when its lease may have run out, and can lead again when it is back', async () => {
    await inTree(async () => {
      const fences: number[] = []
      const error = await errorOf(
        holdLeadership('duties', async (_signal, fence) => {
          fences.push(fence)
          await server.kill()
          await sleep(Infinity)
        }),
      )
      expect(error).toMatchObject({ code: 'FLOW_LEASE_LOST', leaseName: 'duties', fence: fences[0] })
      const again = holdLeadership('duties', (_signal, fence) => fences.push(fence))
      await server.start()
      await again
      expect(fences[1]).toBeGreaterThan(fences[0] ?? Number.NaN)
    })
  })

  it('whoever watches is told afterwards what has changed', async () => {
    await inTree(async () => {
      await openNursery(async (nursery) => {
        const portal: Portal<typeof answers.functions> = await nursery.startActor('a-1', answers)
        const changes = watchActors('a-*')
        const next = async () => {
          const { value } = await changes.next()
          return `${value?.kind} ${value?.registration.actor.name}`
        }
        expect(await next()).toBe('came a-1')
        await server.kill()
        await isAway()
        await portal.cancelActor()
        const other = await nursery.startActor('a-2', answers)
        await server.start()
        expect([await next(), await next()].toSorted()).toEqual(['came a-2', 'left a-1'])
        await changes.return(undefined)
        await other.cancelActor()
      })
    })
  })
})
