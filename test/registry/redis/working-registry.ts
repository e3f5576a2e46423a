import { expect } from 'vitest'
import type { Registry } from '../../../engine/index.ts'
import { registrationOf } from '../../contracts/registry-bed.ts'

const signal: AbortSignal = new AbortController().signal

/** That a registry does what it is for: it is told, finds, waits, watches and lets lead. */
export async function expectToWork(registry: Registry, meanwhile?: () => Promise<void>): Promise<void> {
  const [donny, frank] = [registrationOf('donny'), registrationOf('frank')]
  const waiting = registry.waitFor('donny', { signal })
  const lease = await registry.register(donny)
  expect(await waiting).toEqual(donny)
  const changes = registry.watch('*')
  expect((await changes.next()).value?.registration).toEqual(donny)
  const other = await registry.register(frank)
  expect((await changes.next()).value?.registration).toEqual(frank)
  await changes.return?.()
  const first = await registry.lead('duties', { signal })
  const second = registry.lead('duties', { signal })
  await first.release()
  await (await second).release()
  await meanwhile?.()
  await Promise.all([lease.release(), other.release()])
  expect(await registry.list()).toEqual([])
}
