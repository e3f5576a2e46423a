import { afterEach, describe, expect, it } from 'vitest'
import type { Registry } from '../../../engine/index.ts'
import { NameTakenError } from '../../../registry/index.ts'
import { registrationOf } from '../../contracts/registry-bed.ts'
import { openAsActor } from '../../support/redis-actors.ts'
import { openRedisBed } from '../../support/redis-bed.ts'

const bed = openRedisBed()
const { address, expectNoKeys } = bed

/** Several actors with the registry at the address; those of one process share a connection. */
async function withActors(count: number, at: string, use: (registries: readonly Registry[]) => Promise<void>) {
  const registries = await Promise.all(Array.from({ length: count }, () => openAsActor(at)))
  try {
    await use(registries)
  } finally {
    await Promise.all(registries.map((registry) => registry.close()))
  }
}

describe('The Redis registry with many actors', () => {
  afterEach(expectNoKeys)

  it('registers 500 at once, and finds each of them', async () => {
    await withActors(500, address(), async (registries) => {
      const all = registries.map((_, n) => registrationOf(`worker-${n}`))
      await Promise.all(registries.map((registry, n) => registry.register(all[n] ?? registrationOf('none'))))
      const found = await Promise.all(all.map(async ({ actor }, n) => await registries.at(-n)?.find(actor.name)))
      expect(found).toEqual(all)
      expect(await registries[0]?.list()).toHaveLength(500)
    })
  })

  it('keeps them while they renew, and longer than one lease', async () => {
    // Long enough for a busy machine to renew it in time.
    const leaseMs = 1_500
    const at = address({ leaseMs })
    await withActors(50, at, async (registries) => {
      const all = registries.map((_, n) => registrationOf(`worker-${n}`))
      await Promise.all(registries.map((registry, n) => registry.register(all[n] ?? registrationOf('none'))))
      const keyOfLeases = `flow:{${new URL(at).searchParams.get('namespace')}}:leases`
      const firstUntil = Number((await bed.client.zrange(keyOfLeases, '0', '0', 'WITHSCORES'))[1])
      // By the clock of the server: all have been renewed, and for more than a lease, when none is older than this.
      for (let until = firstUntil; until < firstUntil + 1.2 * leaseMs; ) {
        until = Number((await bed.client.zrange(keyOfLeases, '0', '0', 'WITHSCORES'))[1])
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      const expired: unknown[] = []
      for await (const entry of registries[0]?.readLedger() ?? []) if (entry.kind !== 'registered') expired.push(entry)
      expect(expired).toEqual([])
      expect(await registries[0]?.list()).toHaveLength(50)
    })
  })

  it('lets one of 50 contenders have a unique name, 200 times over, each time with a greater number', async () => {
    await withActors(50, address(), async (registries) => {
      let lastFence = 0
      for (let round = 0; round < 200; round += 1) {
        const tries = await Promise.allSettled(
          registries.map((registry) => registry.register({ ...registrationOf('one'), unique: true })),
        )
        const winners = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
        const losers = tries.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
        expect(winners).toHaveLength(1)
        expect(losers.every((error) => error instanceof NameTakenError)).toBe(true)
        const fence = winners[0]?.fence ?? Number.NaN
        expect(fence).toBeGreaterThan(lastFence)
        lastFence = fence
        await winners[0]?.release()
      }
    })
  })
})
