import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Lease, Registration } from '../../engine/index.ts'
import { errorOf } from '../support/thrown.ts'
import { waitUntil } from '../support/wait-until.ts'
import type { OpenedRegistry } from './registry.contract.ts'
import { registrationOf } from './registry-bed.ts'

/** What a registry does in which a parent enters its children. */
export function describeChildren(name: string, open: () => Promise<OpenedRegistry>): void {
  describe(`${name}, for a parent`, () => {
    let opened: OpenedRegistry

    beforeEach(async () => {
      opened = await open()
    })
    afterEach(async () => {
      await opened.close()
    })

    function enter(child: Registration): Promise<Lease> {
      const { registry, run } = opened
      if (registry.registerChild === undefined) throw new Error('each actor enters itself')
      return run(async () => (await registry.registerChild?.(child)) as Lease)
    }

    const list = () => opened.run(() => opened.registry.list())

    async function ledger(): Promise<string[]> {
      const kinds: string[] = []
      await opened.run(async () => {
        for await (const entry of opened.registry.readLedger()) kinds.push(`${entry.kind} ${entry.actor.name}`)
      })
      return kinds
    }

    it('keeps a child until its lease is released', async () => {
      const donny = registrationOf('donny')
      const lease = await enter(donny)
      expect(await list()).toEqual([donny])
      await lease.release()
      await waitUntil(async () => (await list()).length === 0, { describe: list })
      expect(await ledger()).toEqual(['registered donny', 'left donny'])
    })

    it('refuses one with a name that is another actor’s alone', async () => {
      await opened.run(() => opened.registry.register({ ...registrationOf('donny'), unique: true }))
      expect(await errorOf(enter(registrationOf('donny')))).toMatchObject({ name: 'NameTakenError' })
    })

    it('enters a child again that somebody took for dead', async () => {
      const donny = registrationOf('donny')
      await enter(donny)
      await opened.run(() => opened.registry.retire(donny.actor, { why: 'nobody answers' }))
      await waitUntil(async () => (await list()).length === 1, { describe: list })
      expect(await ledger()).toEqual(['registered donny', 'expired donny', 'registered donny'])
    })

    it('does not enter one again that has ended', async () => {
      const donny = registrationOf('donny')
      const lease = await enter(donny)
      await opened.run(() => opened.registry.retire(donny.actor, { why: 'its process ended', certain: true }))
      await lease.release()
      // Longer than it would wait.
      await new Promise((resolve) => setTimeout(resolve, 30))
      expect(await list()).toEqual([])
      expect(await ledger()).toEqual(['registered donny', 'expired donny'])
    })
  })
}
