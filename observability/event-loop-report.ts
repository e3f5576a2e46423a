import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { LoopReport } from '../engine/index.ts'

// How often the loop is looked at. What is recorded is the time between two looks.
const resolutionMs = 10
// What is told is of about the last so many milliseconds, however often it is asked for.
const windowMs = 10_000

/** Watches the event loop of this thread. Costs a timer. */
export function watchEventLoop(): { read(): LoopReport; stop(): void } {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  let since = performance.now()
  let before = performance.eventLoopUtilization()
  return {
    read() {
      const report: LoopReport = {
        kind: 'loop',
        meanMs: lateMs(histogram.mean),
        p50Ms: lateMs(histogram.percentile(50)),
        p99Ms: lateMs(histogram.percentile(99)),
        maxMs: lateMs(histogram.max),
        utilization: performance.eventLoopUtilization(before).utilization,
      }
      if (performance.now() - since > windowMs) {
        histogram.reset()
        since = performance.now()
        before = performance.eventLoopUtilization()
      }
      return report
    },
    stop: () => void histogram.disable(),
  }
}

/** Nanoseconds between two looks, as how late the second one was. Nothing has been recorded yet where it is no number. */
function lateMs(nanoseconds: number): number {
  return nanoseconds > 0 ? Math.max(0, nanoseconds / 1e6 - resolutionMs) : 0
}
