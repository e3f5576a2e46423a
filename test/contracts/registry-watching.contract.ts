import { describe, expect, it } from 'vitest'
import type { LedgerEntry, Registry, RegistryChange } from '../../engine/index.ts'
import { type RegistryBed, registrationOf } from './registry-bed.ts'

/** What a registry tells of what happens to its actors. */
export function describeWatching(name: string, bed: RegistryBed): void {
  const { run } = bed

  describe(`${name}, watched`, () => {
    const nextOf = async (changes: AsyncIterator<RegistryChange, undefined>): Promise<string> => {
      const { value } = await changes.next()
      return value === undefined ? 'the end' : `${value.kind} ${value.registration.actor.id}`
    }

    it('tells first who is there, and then who comes and who leaves', async () => {
      await run(async () => {
        const [there, later] = [registrationOf('donny'), registrationOf('donny')]
        const lease = await bed.registry.register(there)
        const changes = bed.registry.watch('donny')
        expect((await changes.next()).value).toEqual({ kind: 'came', registration: there })
        await bed.registry.register(later)
        expect(await nextOf(changes)).toBe(`came ${later.actor.id}`)
        await lease.release()
        expect((await changes.next()).value).toEqual({ kind: 'left', registration: there })
        await changes.return?.()
      })
    })

    it('tells of those alone whose name fits', async () => {
      await run(async () => {
        const names = ['word', 'words-1', 'words-2', 'lords', 'words/a', 'w*']
        const all = names.map((name) => registrationOf(name))
        for (const registration of all) await bed.registry.register(registration)
        const seen = async (pattern: string, count: number): Promise<string[]> => {
          const changes = bed.registry.watch(pattern)
          const found: string[] = []
          for (let n = 0; n < count; n += 1) found.push((await changes.next()).value?.registration.actor.name ?? '')
          await changes.return?.()
          return found.toSorted()
        }
        expect(await seen('words*', 3)).toEqual(['words-1', 'words-2', 'words/a'])
        expect(await seen('?ord', 1)).toEqual(['word'])
        expect(await seen('*', 6)).toEqual(names.toSorted())
      })
    })

    it('tells that one has left that was retired', async () => {
      await run(async () => {
        const donny = registrationOf('donny')
        await bed.registry.register(donny)
        const changes = bed.registry.watch('*')
        await changes.next()
        await bed.registry.retire(donny.actor, { why: 'it is dead' })
        expect(await nextOf(changes)).toBe(`left ${donny.actor.id}`)
        await changes.return?.()
      })
    })
  })

  describe(`${name}, its ledger`, () => {
    const parent = { name: 'root', id: 'r1' }
    const kindsOf = async (registry: Registry, options = {}): Promise<string[]> => {
      const kinds: string[] = []
      for await (const entry of registry.readLedger(options)) kinds.push(`${entry.kind} ${entry.actor.name}`)
      return kinds
    }

    it('has what happened to an actor, in order, with the time', async () => {
      await run(async () => {
        // Somebody stays: when the last has left, nothing is kept of it.
        await bed.registry.register(registrationOf('stays'))
        const donny = registrationOf('donny')
        const lease = await bed.registry.register(donny)
        bed.registry.note({ kind: 'started', actor: donny.actor, parent })
        bed.registry.note({ kind: 'failed', actor: donny.actor, parent, why: 'Error: oh no' })
        await lease.release()
        const again = registrationOf('donny')
        const { actor } = again
        bed.registry.note({ kind: 'restarted', actor, parent, previous: donny.actor, restartCount: 1 })
        await bed.registry.register(again)
        await bed.registry.retire(actor, { why: 'it is dead' })
        const entries: LedgerEntry[] = []
        for await (const entry of bed.registry.readLedger({ actor: 'donny' })) entries.push(entry)
        expect(entries.map(({ position: _position, atMs: _atMs, ...event }) => event)).toEqual([
          { kind: 'registered', actor: donny.actor, registration: donny },
          { kind: 'started', actor: donny.actor, parent },
          { kind: 'failed', actor: donny.actor, parent, why: 'Error: oh no' },
          { kind: 'left', actor: donny.actor },
          { kind: 'restarted', actor, parent, previous: donny.actor, restartCount: 1 },
          { kind: 'registered', actor, registration: again },
          { kind: 'expired', actor, why: 'it is dead' },
        ])
        const times = entries.map(({ atMs }) => atMs)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
        expect(Math.abs(Date.now() - (times[0] ?? 0))).toBeLessThan(60_000)
      })
    })

    it('is read from a time on, and of the actors that are asked for', async () => {
      await run(async () => {
        for (const each of ['donny', 'frank', 'donna']) await bed.registry.register(registrationOf(each))
        expect(await kindsOf(bed.registry, { actor: 'don*' })).toEqual(['registered donny', 'registered donna'])
        expect(await kindsOf(bed.registry, { sinceMs: Date.now() + 60_000 })).toEqual([])
        expect(await kindsOf(bed.registry, { sinceMs: 0 })).toHaveLength(3)
      })
    })

    it('is followed: what is there, and then what comes, each once', async () => {
      await run(async () => {
        await bed.registry.register(registrationOf('a'))
        const entries = bed.registry.readLedger({ follow: true })
        const next = async () => (await entries.next()).value?.actor.name
        expect(await next()).toBe('a')
        await bed.registry.register(registrationOf('b'))
        expect(await next()).toBe('b')
        await bed.registry.register(registrationOf('c'))
        await bed.registry.register(registrationOf('d'))
        expect([await next(), await next()]).toEqual(['c', 'd'])
        await entries.return?.()
      })
    })
  })
}
