import { randomBytes } from 'node:crypto'
import { type Lease, RegistryUnavailableError } from '../../engine/index.ts'
import type { RedisNamespace } from './redis-namespace.ts'
import { changeCall } from './scripts.ts'

/**
 * Waits until nobody leads under the name, and takes the lease. It asks when it is told that the leader has gone, and when the
 * leader's lease may have run out: no oftener. While the registry is away it waits on.
 */
export async function leadInTurn(namespace: RedisNamespace, name: string, signal: AbortSignal): Promise<Lease> {
  const { address, link, leases, tail } = namespace
  const token = randomBytes(9).toString('base64url')
  const end = AbortSignal.any([signal, link.closing])
  let change = Promise.withResolvers<void>()
  const attending = leases.attend()
  const joining = tail.onVacant((vacant) => {
    if (vacant === undefined || vacant === name) change.resolve()
  })
  try {
    await until(attending, end)
    await until(joining, end)
    for (;;) {
      change = Promise.withResolvers()
      const askedMs = performance.now()
      const leftMs = await ask(askedMs)
      if (typeof leftMs !== 'number') return leftMs
      const timer = setTimeout(change.resolve, leftMs)
      try {
        await until(change.promise, end)
      } finally {
        clearTimeout(timer)
      }
    }
  } finally {
    for (const joined of [joining, attending]) {
      joined.then(
        (leave) => leave(),
        () => undefined,
      )
    }
  }

  /** The lease, or how long it may be until it can be had. */
  async function ask(askedMs: number): Promise<Lease | number> {
    const asking = link.call(changeCall('lead', address, [name, token]), { signal: never })
    try {
      const [given, text] = (await until(asking, end)) as [number, string]
      return given === 1 ? leases.lead(name, Number(text), askedMs) : Number(text)
    } catch (error) {
      // It may have been given to nobody: let go of it when that is known.
      if (end.aborted) void asking.then((answer) => letGo(answer as [number, string], askedMs)).catch(() => undefined)
      if (end.aborted || !(error instanceof RegistryUnavailableError)) throw error
      return address.leaseMs
    }
  }

  async function letGo([given, text]: [number, string], askedMs: number): Promise<void> {
    if (given === 1) await leases.lead(name, Number(text), askedMs).release()
  }
}

const never: AbortSignal = new AbortController().signal

async function until<T>(promise: Promise<T>, end: AbortSignal): Promise<T> {
  end.throwIfAborted()
  const ended = Promise.withResolvers<never>()
  const onAbort = () => ended.reject(end.reason)
  end.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, ended.promise])
  } finally {
    end.removeEventListener('abort', onAbort)
  }
}
