import { describe, expect, it } from 'vitest'
import type { Functions, Registry } from '../../engine/index.ts'
import { openRegistry } from '../../registry/embedded-registry.ts'
import { MemoryRegistry } from '../../registry/index.ts'
import { describeRegistry, type OpenedRegistry } from '../contracts/registry.contract.ts'
import { registrationOf } from '../contracts/registry-bed.ts'
import { describeChildren } from '../contracts/registry-children.contract.ts'
import { openMemoryActors } from '../support/memory-actors.ts'

/** The registry of a root, and the same as another actor of its tree has it. */
function openTree() {
  const services = new Map<string, Functions>()
  const actors = openMemoryActors({})
  const serve = (service: string, functions: Functions) => void services.set(service, functions)
  const host = { parent: undefined, registryAddress: undefined }
  const inRoot = openRegistry({ actor: actors.callee.self, registrar: undefined, serve, ...host })
  for (const [service, functions] of services) actors.callee.services.set(service, functions)
  const registrar = { actor: actors.callee.self, addresses: [] }
  const registry: Registry = openRegistry({ actor: actors.caller.self, registrar, serve, ...host })
  return { ...actors, registry, inRoot }
}

const openBelowRoot = async (): Promise<OpenedRegistry> => {
  const { registry, run, caller } = openTree()
  return { registry, run: (fn) => run(fn), close: () => caller.channels.close('the test is over') }
}

describeRegistry('The embedded registry of an actor that is not the root', openBelowRoot)
describeChildren('The embedded registry of an actor that is not the root', openBelowRoot)

describe('The embedded registry', () => {
  it('is in the memory of the root', async () => {
    expect(openTree().inRoot).toBeInstanceOf(MemoryRegistry)
  })

  it('shows the root what another actor registers, and the other way round', async () => {
    const { registry, inRoot, run } = openTree()
    const [donny, frank] = [registrationOf('donny'), registrationOf('frank')]
    await run(() => registry.register(donny))
    await inRoot.register(frank)
    expect(await inRoot.find('donny')).toEqual(donny)
    expect(await run(() => registry.find('frank'))).toEqual(frank)
  })

  it('forgets an actor that vanishes without letting go', async () => {
    const { registry, inRoot, run, connection } = openTree()
    await run(() => registry.register(registrationOf('donny')))
    connection.break()
    for (let turns = 0; turns < 12; turns += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(await inRoot.list()).toEqual([])
  })
})
