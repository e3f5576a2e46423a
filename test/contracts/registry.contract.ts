import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Registration, Registry } from '../../engine/index.ts'
import { errorOf } from '../support/thrown.ts'

/** A registry to test, and how to get rid of it. */
export interface OpenedRegistry {
  readonly registry: Registry
  /** Runs as a task that may use the registry. */
  run<T>(fn: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

const signal: AbortSignal = new AbortController().signal
let lastId = 0

/** The registration of an actor that never was. */
export function registrationOf(name: string): Registration {
  lastId += 1
  const id = `id-${lastId}`
  return {
    actor: { name, id },
    addresses: [`unix:/run/${id}.sock`],
    pid: lastId,
    host: 'here',
    functions: ['add', 'count'],
    parent: { name: 'root', id: 'r1' },
    startedAt: 1_700_000_000_000 + lastId,
  }
}

/** What every registry does, whatever it keeps its names in. */
export function describeRegistry(name: string, open: () => Promise<OpenedRegistry>): void {
  describe(`${name}, as a registry`, () => {
    let opened: OpenedRegistry
    let registry: Registry
    const run = <T>(fn: () => Promise<T>): Promise<T> => opened.run(fn)

    beforeEach(async () => {
      opened = await open()
      registry = opened.registry
    })
    afterEach(async () => {
      await opened.close()
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
}
