import { afterEach, describe, expect, it } from 'vitest'
import { describeRegistry } from '../../contracts/registry.contract.ts'
import { registrationOf } from '../../contracts/registry-bed.ts'
import { openAsActor } from '../../support/redis-actors.ts'
import { openRedisBed } from '../../support/redis-bed.ts'

const { address, expectNoKeys, keys } = openRedisBed()

describeRegistry('The Redis registry', async () => {
  const registry = await openAsActor(address())
  return { registry, run: (fn) => fn(), close: () => registry.close() }
})

const parent = { name: 'root', id: 'r1' }

describe('The Redis registry', () => {
  afterEach(expectNoKeys)

  it('keeps all of a namespace in one hash slot, with a time to live', async () => {
    const at = address({ leaseMs: 5_000 })
    const registry = await openAsActor(at)
    await registry.register({ ...registrationOf('donny'), unique: true })
    const lease = await registry.lead('duties', { signal: new AbortController().signal })
    const namespace = new URL(at).searchParams.get('namespace')
    const names = ['actors', 'leaders', 'leases', 'ledger', 'meta', 'names']
    expect(await keys(at)).toEqual(names.map((key) => `flow:{${namespace}}:${key}`))
    await lease.release()
    await registry.close()
  })

  it('tells a reader whose entries were removed before it came to them', async () => {
    const registry = await openAsActor(`${address()}&ledgerCount=10`)
    await registry.register(registrationOf('stays'))
    const entries = registry.readLedger({ follow: true, actor: 'w-*' })
    const note = (n: number) =>
      registry.note({ kind: 'failed', actor: { name: `w-${n}`, id: `${n}` }, parent, why: '' })
    note(0)
    const first = (await entries.next()).value
    // Much more than what waits for a reader, and what Redis keeps beyond what it is told.
    for (let n = 1; n <= 2_000; n += 1) note(n)
    const [seen, gaps]: [number[], number[]] = [[], []]
    while (seen.at(-1) !== 2_000) {
      const entry = (await entries.next()).value
      if (entry?.kind === 'gap' && entry.missedCount === undefined) gaps.push(entry.sinceMs)
      else seen.push(Number(entry?.actor.id))
    }
    expect(gaps.length).toBeGreaterThan(0)
    expect(gaps[0]).toBeGreaterThanOrEqual(first?.atMs ?? Number.NaN)
    expect(seen.length).toBeLessThan(2_000)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    await entries.return?.()
    await registry.close()
  })
})
