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
})
