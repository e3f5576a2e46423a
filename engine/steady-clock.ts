/**
 * Milliseconds by a clock that never goes back and begins anywhere: for lengths of time, and for nothing that is compared with
 * another clock. `performance.now()` is loaded with eight modules of node's at its first use, which an actor's start would wait for.
 */
export function steadyMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1_000 + nanoseconds / 1e6
}
