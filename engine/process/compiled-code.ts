import { flushCompileCache } from 'node:module'
import type { ActorRuntime } from '../actor-runtime.ts'

/** What the built engine is given by its loader, `bin/run-script.cjs`; its sources are loaded by node itself. */
interface Loaded {
  keepCompiled?(uses: number): void
}

/** By then an actor has compiled what its start and its first items need, and whoever waits for them has them. */
const compiledAfterMs = 1_000

// Each kind of call needs other code, and so does the start of a thread: they are bits of what the code is good for.
const bitsOfKinds = { process: 0, thread: 3 } as const

/**
 * Has an actor keep what its process, or thread, has compiled, for those that start later: a second after its first call, and what it
 * has loaded since when it leaves, of which it is told by what this returns. Not without a call, since then the most of it would be
 * missing. Takes some 15 ms where what was kept is not good for such calls.
 */
export function keepCompiledCode(runtime: ActorRuntime, place: keyof typeof bitsOfKinds): () => void {
  const keep = () => {
    if (runtime.takenKinds === 0) return
    flushCompileCache()
    ;(import.meta as Loaded).keepCompiled?.(runtime.takenKinds << bitsOfKinds[place])
  }
  // For those that start later even if this one is killed: by itself node would write at an orderly end only.
  runtime.onFirstCall = () => setTimeout(keep, compiledAfterMs).unref()
  return keep
}
