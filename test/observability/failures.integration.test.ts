import { describe, expect, it } from 'vitest'
import { errorOf } from '../support/thrown.ts'
import { traceHandsOn } from './hands-on-tree.ts'

describe('Failures that nobody has sampled', () => {
  it('are kept when asked for: the hop at which an item failed, and the call that failed with it, and nothing else', async () => {
    const spans = await traceHandsOn({ ratio: 0, errors: true }, async ({ relay, last, failed }) => {
      expect(await Array.fromAsync(relay.stream('tenfold', 'source', 3))).toEqual([0, 10, 20])
      // It is cancelled with an item in hand.
      for await (const n of relay.stream('stuck', 'source')) if (n === 0) break
      expect(await errorOf(Array.fromAsync(last.stream('checked', 'relay', 10)))).toMatchObject({
        remoteName: 'RangeError',
      })
      expect(await errorOf(last.run('failsOnce', 'source', failed))).toMatchObject({ remoteName: 'TypeError' })
      expect(await last.run('failsOnce', 'source', failed)).toBe(3)
    })
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
