import type { ActorId } from '../../engine/index.ts'
import { GapKeeper } from './gap-keeper.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { LedgerTail } from './ledger-tail.ts'
import { parseRedisAddress, type RedisAddress } from './redis-address.ts'
import { RedisLink } from './redis-link.ts'

/** A namespace of a Redis as this process has it, shared by all its actors: one connection, one timer, one reader. */
export interface RedisNamespace {
  readonly address: RedisAddress
  readonly link: RedisLink
  readonly leases: LeaseKeeper
  readonly gaps: GapKeeper
  readonly tail: LedgerTail
  /** One actor less; with the last of them it is closed. */
  close(): Promise<void>
}

const open = new Map<string, { readonly namespace: Omit<RedisNamespace, 'close'>; users: number }>()

/** Takes part in the namespace at that address. Throws `UsageError` if it is no address of a Redis. */
export function openNamespace(address: string, self: ActorId): RedisNamespace {
  const shared = open.get(address) ?? { namespace: create(parseRedisAddress(address), self), users: 0 }
  open.set(address, shared)
  shared.users += 1
  let there = true
  return {
    ...shared.namespace,
    async close() {
      if (!there) return
      there = false
      shared.users -= 1
      if (shared.users > 0) return
      open.delete(address)
      await shared.namespace.leases.close()
      shared.namespace.link.close()
    },
  }
}

function create(address: RedisAddress, self: ActorId): Omit<RedisNamespace, 'close'> {
  const link = new RedisLink(address)
  const gaps = new GapKeeper(link, address, self)
  return {
    address,
    link,
    gaps,
    leases: new LeaseKeeper(link, address, gaps),
    tail: new LedgerTail(address, link.closing),
  }
}
