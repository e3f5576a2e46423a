import { currentRuntime, currentSignal, withSignal } from '../engine/index.ts'
import { ensureActor } from './root.ts'

/**
 * Runs `lead` as the only one who leads under that name, wherever the others are: it waits for its turn, holds a lease for the
 * time of `lead` and lets go of it when that has returned. Resolves to what it returns.
 *
 * If the lease is lost meanwhile, `signal` aborts with `LeaseLostError`, and so ends every engine wait in `lead`: another may
 * lead already. `fence` is greater than that of any leader before: what is written elsewhere goes with it, so that a late
 * one can be refused there. The ambient cancellation ends the wait and what runs; a registry that is away prolongs the wait.
 */
export async function holdLeadership<T>(
  name: string,
  lead: (signal: AbortSignal, fence: number) => Promise<T> | T,
): Promise<T> {
  await ensureActor()
  const lease = await currentRuntime().registry.lead(name, { signal: currentSignal() })
  const lost = new AbortController()
  void lease.lost.then((error) => lost.abort(error))
  try {
    return await withSignal(lost.signal, () => lead(currentSignal(), lease.fence ?? 0))
  } finally {
    await lease.release()
  }
}
