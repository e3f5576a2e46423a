import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openNursery, run } from '../../index.ts'
import { tracing } from '../../observability/index.ts'
import handsOn from '../fixtures/actors/hands-on.ts'
import type { ReceivedSpan } from '../support/span-tree.ts'
import { errorOf } from '../support/thrown.ts'
import { startTraceReceiver } from '../support/trace-receiver.ts'

/** Has items fail, and calls with them, of which nothing is sampled. */
async function failUnsampled(errors: boolean, folder: string): Promise<readonly ReceivedSpan[]> {
  await using receiver = await startTraceReceiver()
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url)
  const main = (): Promise<void> =>
    openNursery(async (nursery) => {
      const [, relay, last] = await Promise.all(
        ['source', 'relay', 'last'].map((name) => nursery.startActor(name, handsOn)),
      )
      if (relay === undefined || last === undefined) throw new Error('there are three')
      expect(await Array.fromAsync(relay.stream('tenfold', 'source', 3))).toEqual([0, 10, 20])
      // It is cancelled with an item in hand.
      for await (const n of relay.stream('stuck', 'source')) if (n === 0) break
      expect(await errorOf(Array.fromAsync(last.stream('checked', 'relay', 10)))).toMatchObject({
        remoteName: 'RangeError',
      })
      expect(await errorOf(last.run('failsOnce', 'source', join(folder, 'failed')))).toMatchObject({
        remoteName: 'TypeError',
      })
      expect(await last.run('failsOnce', 'source', join(folder, 'failed'))).toBe(3)
      nursery.cancel()
    })
  await run(main, { name: 'root', attach: [tracing({ exporter: 'otlp', ratio: 0, errors })] })
  return [...receiver.spans]
}

describe('Failures that nobody has sampled', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flow-'))
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  it('are kept when asked for: the hop at which an item failed, and the call that failed with it, and nothing else', async () => {
    const spans = await failUnsampled(true, folder)
    const kept = spans.map(({ service, name, status, attributes }) => ({
      what: `${service}: ${name}`,
      status: status?.code,
      message: status?.message,
      type: attributes['error.type'],
      item: attributes['actorflow.item.number'],
      keptFor: attributes['actorflow.kept_for'],
    }))
    const failed = { status: 2, keptFor: 'error' }
    const [checked, once] = ['10 is too much', 'not this time']
    expect(kept.sort((a, b) => `${a.message}${a.what}`.localeCompare(`${b.message}${b.what}`))).toEqual([
      { ...failed, what: 'last: process last', message: checked, type: 'RangeError', item: 1 },
      { ...failed, what: 'root: last/checked', message: checked, type: 'FLOW_REMOTE', item: undefined },
      { ...failed, what: 'last: process last', message: once, type: 'TypeError', item: 1 },
      { ...failed, what: 'root: last/failsOnce', message: once, type: 'FLOW_REMOTE', item: undefined },
    ])
    // Each by itself: no other span is there that it could belong to.
    expect(spans.every((span) => span.parentSpanId === undefined)).toBe(true)
    expect(spans.every((span) => span.events.some((event) => event.name === 'exception'))).toBe(true)
  })
})
