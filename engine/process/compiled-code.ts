import { flushCompileCache } from 'node:module'

/** What the built engine is given by its loader, `bin/run-script.cjs`; its sources are loaded by node itself. */
interface Loaded {
  keepCompiled?(): void
}

/**
 * By then an actor has compiled what it needs at its start, and whoever waits for its first items has them. Not before: what is kept
 * first stays, and after a rehearsal, say, it would lack what a process does to become an actor.
 */
export const compiledAfterMs = 1_000

/** Keeps what this process, or thread, has compiled for those that start later. Takes some 15 ms where nothing was kept before. */
export function keepCompiledCode(): void {
  flushCompileCache()
  ;(import.meta as Loaded).keepCompiled?.()
}
