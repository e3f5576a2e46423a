import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Registration, Registry } from '../../engine/index.ts'
import { errorOf } from '../support/thrown.ts'
import { type RegistryBed, registrationOf } from './registry-bed.ts'
import { describeLeases } from './registry-leases.contract.ts'
import { describeWatching } from './registry-watching.contract.ts'

/** A registry to test, and how to get rid of it. */
export interface OpenedRegistry {
  readonly registry: Registry
  /** Runs as a task that may use the registry. */
  run<T>(fn: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

const signal: AbortSignal = new AbortController().signal
/** What every registry does, whatever it keeps its names in. */
export function describeRegistry(name: string, open: () => Promise<OpenedRegistry>): void {
  let opened: OpenedRegistry
  const run = <T>(fn: () => Promise<T>): Promise<T> => opened.run(fn)
  const bed: RegistryBed = {
    get registry() {
      return opened.registry
    },
    run,
  }

  beforeEach(async () => {
    opened = await open()
  })
  afterEach(async () => {
    await opened.close()
  })

  describe(`${name}, as a registry`, () => {
    let registry: Registry

    beforeEach(() => {
      registry = opened.registry
    })

    it('finds what is registered, with all that is known of it', async () => {
      const donny = registrationOf('donny')
      await run(async () => {
        await registry.register(donny)
        expect(await registry.find('donny')).toEqual(donny)
      })
    })

    it('finds nothing under a name that nobody has', async () => {
      expect(await run(() => registry.find('nobody'))).toBeUndefined()
      await run(() => registry.register(registrationOf('donny')))
      expect(await run(() => registry.find('don'))).toBeUndefined()
    })

    it.each(['__proto__', 'constructor', '', 'a b/c:d*', '名前'])('takes %o for a name like any other', async (odd) => {
      await run(async () => {
        expect(await registry.find(odd)).toBeUndefined()
        const registration = registrationOf(odd)
        await registry.register(registration)
        expect(await registry.find(odd)).toEqual(registration)
      })
    })

    it('forgets what was released', async () => {
      await run(async () => {
        const lease = await registry.register(registrationOf('donny'))
        await lease.release()
        expect(await registry.find('donny')).toBeUndefined()
        expect(await registry.list()).toEqual([])
      })
    })

    it('lets a lease be released twice', async () => {
      await run(async () => {
        const lease = await registry.register(registrationOf('donny'))
        await lease.release()
        await lease.release()
        const second = registrationOf('donny')
        await registry.register(second)
        await lease.release()
        expect(await registry.find('donny')).toEqual(second)
      })
    })

    it('finds the newest of several of one name that still lives', async () => {
      const [older, newer] = [registrationOf('donny'), registrationOf('donny')]
      await run(async () => {
        const olderLease = await registry.register(older)
        const newerLease = await registry.register(newer)
        expect(await registry.find('donny')).toEqual(newer)
        await newerLease.release()
        expect(await registry.find('donny')).toEqual(older)
        await olderLease.release()
        expect(await registry.find('donny')).toBeUndefined()
      })
    })

    it('finds all of one name, the newest first', async () => {
      const all = ['donny', 'frank', 'donny'].map(registrationOf)
      await run(async () => {
        for (const registration of all) await registry.register(registration)
        expect(await registry.findAll('donny')).toEqual([all[2], all[0]])
        expect(await registry.findAll('nobody')).toEqual([])
      })
    })

    it('keeps what an actor can do, and waits for one that can', async () => {
      const able = { ...registrationOf('donny'), capabilities: { gpu: true, zone: 'eu', cores: 4 } }
      await run(async () => {
        const waiting = registry.waitFor('donny', { signal, capabilities: { gpu: true, cores: 4 } })
        await registry.register({ ...registrationOf('donny'), capabilities: { gpu: true, cores: 2 } })
        await registry.register(registrationOf('donny'))
        await registry.register(able)
        expect(await waiting).toEqual(able)
        expect(await registry.find('donny')).toEqual(able)
        expect(await registry.waitFor('donny', { signal, capabilities: { zone: 'eu' } })).toEqual(able)
      })
    })

    it('waits for another than those that are excepted', async () => {
      const [known, other] = [registrationOf('donny'), registrationOf('donny')]
      await run(async () => {
        await registry.register(known)
        const waiting = registry.waitFor('donny', { signal, except: [known.actor.id] })
        await registry.list()
        await registry.register(other)
        expect(await waiting).toEqual(other)
      })
    })

    it('finds one no more that was found dead, until it registers again', async () => {
      const [older, newer] = [registrationOf('donny'), registrationOf('donny')]
      await run(async () => {
        await registry.register(older)
        await registry.register(newer)
        await registry.retire(newer.actor, { why: 'nobody answers' })
        expect(await registry.findAll('donny')).not.toContainEqual(newer)
        await registry.retire({ name: 'nobody', id: 'n1' }, { why: 'nobody answers' })
        expect(await registry.findAll('donny')).toContainEqual(older)
      })
    })

    it('lists all that are registered', async () => {
      const all = ['donny', 'frank', 'donny'].map(registrationOf)
      await run(async () => {
        expect(await registry.list()).toEqual([])
        for (const registration of all) await registry.register(registration)
        const listed = [...(await registry.list())].toSorted((a, b) => a.startedAt - b.startedAt)
        expect(listed).toEqual(all)
      })
    })

    it('answers a wait at once with what is there', async () => {
      const donny = registrationOf('donny')
      await run(async () => {
        await registry.register(donny)
        expect(await registry.waitFor('donny', { signal })).toEqual(donny)
      })
    })

    it('answers a wait when the name is registered, and not before', async () => {
      const donny = registrationOf('donny')
      await run(async () => {
        let found: Registration | undefined
        const waiting = registry.waitFor('donny', { signal }).then((registration) => {
          found = registration
          return registration
        })
        await registry.register(registrationOf('frank'))
        await registry.list()
        expect(found).toBeUndefined()
        await registry.register(donny)
        expect(await waiting).toEqual(donny)
      })
    })

    it('answers every wait for the name', async () => {
      const donny = registrationOf('donny')
      await run(async () => {
        const waiting = [1, 2, 3].map(() => registry.waitFor('donny', { signal }))
        await registry.register(donny)
        expect(await Promise.all(waiting)).toEqual([donny, donny, donny])
      })
    })

    it('misses nothing that is registered while a wait begins', async () => {
      const donny = registrationOf('donny')
      await run(async () => {
        const [found] = await Promise.all([registry.waitFor('donny', { signal }), registry.register(donny)])
        expect(found).toEqual(donny)
      })
    })

    it('ends a wait with the reason of its signal', async () => {
      const reason = new Error('enough')
      await run(async () => {
        const controller = new AbortController()
        const other = registry.waitFor('donny', { signal })
        const waiting = errorOf(registry.waitFor('donny', { signal: controller.signal }))
        await registry.list()
        controller.abort(reason)
        expect(await waiting).toBe(reason)
        expect(await errorOf(registry.waitFor('donny', { signal: controller.signal }))).toBe(reason)
        const donny = registrationOf('donny')
        await registry.register(donny)
        expect(await other).toEqual(donny)
      })
    })
  })

  describeLeases(name, bed)
  describeWatching(name, bed)
}
