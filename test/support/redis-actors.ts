import { randomBytes } from 'node:crypto'
import type { Registry } from '../../engine/index.ts'
import { openRegistry } from '../../registry/redis/index.ts'

/** Opens the registry at the address as an actor does, without the actor. */
export async function openAsActor(address: string, options: { readonly isRoot?: boolean } = {}): Promise<Registry> {
  return await openRegistry({
    actor: { name: 'tester', id: randomBytes(6).toString('hex') },
    parent: options.isRoot === false ? { name: 'root', id: 'r1' } : undefined,
    registrar: undefined,
    registryAddress: address,
    serve: () => undefined,
  })
}
