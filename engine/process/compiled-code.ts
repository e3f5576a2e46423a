import { flushCompileCache } from 'node:module'
import type { ActorRuntime } from '../actor-runtime.ts'

/** What the built engine is given by its loader, `bin/run-script.cjs`; its sources are loaded by node itself. */
interface Loaded {
  keepCompiled?(uses: number): void
}

/** By then most actors have compiled what their start and their first items need, and whoever waits for these has them. */
const compiledAfterMs = 1_000

// What code is good for, in bits: the kinds of calls that a process has taken, the same of a thread, and the actors that were started.
const firstBits = { process: 0, thread: 3, started: 6 } as const

/**
 * Has an actor keep what its process, or thread, has compiled, for those that start later: a second after its start and after its first
 * call, and when it leaves, of which it is told by what this returns. Code of the engine is kept for what the actor has used it for,
 * where what was kept is not yet good for that: it takes some 15 ms.
 */
export function keepCompiledCode(runtime: ActorRuntime, place: 'process' | 'thread'): () => void {
  const keep = () => {
    flushCompileCache()
    const uses = (runtime.takenKinds << firstBits[place]) | (runtime.startedKinds << firstBits.started)
    ;(import.meta as Loaded).keepCompiled?.(uses)
  }
  // For those that start later even if this one is killed: by itself node would write at an orderly end only.
  const keepSoon = () => setTimeout(keep, compiledAfterMs).unref()
  runtime.onFirstCall = keepSoon
  keepSoon()
  return keep
}
