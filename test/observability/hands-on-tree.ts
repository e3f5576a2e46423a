import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { openNursery, type Portal, run } from '../../index.ts'
import { type TracingOptions, tracing } from '../../observability/index.ts'
import handsOn from '../fixtures/actors/hands-on.ts'
import type { ReceivedSpan } from '../support/span-tree.ts'
import { startTraceReceiver } from '../support/trace-receiver.ts'

type HandsOn = Portal<typeof handsOn.functions>

/** Two of the three actors of a tree, which have the third, called 'source', behind them. */
export interface HandsOnTree {
  readonly relay: HandsOn
  readonly last: HandsOn
  /** What `failsOnce` remembers its failure by. */
  readonly failed: string
}

/** Lets actors hand items to each other in a tree that is traced. All its spans, when it has ended. */
export async function traceHandsOn(
  options: TracingOptions,
  use: (tree: HandsOnTree) => Promise<void>,
): Promise<readonly ReceivedSpan[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hands-on-'))
  await using receiver = await startTraceReceiver()
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url)
  const main = (): Promise<void> =>
    openNursery(async (nursery) => {
      const start = (name: string) => nursery.startActor(name, handsOn)
      const [, relay, last] = await Promise.all([start('source'), start('relay'), start('last')])
      await use({ relay, last, failed: join(folder, 'failed') })
      nursery.cancel()
    })
  try {
    await run(main, { name: 'root', attach: [tracing({ exporter: 'otlp', ...options })] })
    return [...receiver.spans]
  } finally {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  }
}
