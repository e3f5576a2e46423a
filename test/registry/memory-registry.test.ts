import { describe, expect, it } from 'vitest'
import { MemoryRegistry, RegistryUnavailableError } from '../../registry/index.ts'
import { describeRegistry, type OpenedRegistry } from '../contracts/registry.contract.ts'
import { registrationOf } from '../contracts/registry-bed.ts'
import { describeChildren } from '../contracts/registry-children.contract.ts'
import { errorOf } from '../support/thrown.ts'

const open = async (): Promise<OpenedRegistry> => {
  const registry = new MemoryRegistry()
  return { registry, run: (fn) => fn(), close: () => registry.close() }
}

describeRegistry('MemoryRegistry', open)
describeChildren('MemoryRegistry', open)

describe('MemoryRegistry', () => {
  it('ends the waits of those who still wait when it is closed', async () => {
    const registry = new MemoryRegistry()
    await registry.register(registrationOf('frank'))
    const { signal } = new AbortController()
    const waiting = errorOf(registry.waitFor('donny', { signal }))
    await registry.close()
    expect(await waiting).toBeInstanceOf(RegistryUnavailableError)
    expect(await errorOf(registry.waitFor('donny', { signal }))).toBeInstanceOf(RegistryUnavailableError)
    expect(await registry.list()).toEqual([])
  })
})
