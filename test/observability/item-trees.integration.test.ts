import { beforeAll, describe, expect, it } from 'vitest'
import { openNursery, sleep } from '../../index.ts'
import handsOn from '../fixtures/actors/hands-on.ts'
import { type ReceivedSpan, spanTrees } from '../support/span-tree.ts'
import { errorOf } from '../support/thrown.ts'
import { traceHandsOn } from './hands-on-tree.ts'

/** Lets several actors hand items to each other; the spans of that. */
async function handOn(): Promise<readonly ReceivedSpan[]> {
  return await traceHandsOn({}, async ({ relay, last, failed }) => {
    {
      await using dialogue = await relay.openContext('measure')
      for (const text of ['one', 'three']) {
        await dialogue.stream.send(text)
        expect((await dialogue.stream.next()).value).toBe(text.length)
      }
    }

    const tenfold: number[] = []
    for await (const n of relay.stream('tenfold', 'source', 3)) tenfold.push(n)
    expect(tenfold).toEqual([0, 10, 20])

    expect(await Array.fromAsync(relay.stream('enriched', 'source', 'last', 2))).toEqual([0, 1, 2])

    for await (const n of relay.stream('stuck', 'source')) {
      expect(n).toBe(0)
      break
    }

    expect(await errorOf(Array.fromAsync(last.stream('checked', 'relay', 10)))).toMatchObject({
      remoteName: 'RangeError',
    })

    // Sent by one who may be ahead by two, and taken slowly.
    for await (const _ of last.with({ windowCount: 2 }).stream('countsUpTo', 8)) await sleep(2)

    const restarting = { restart: 'on-failure', backoff: { initialMs: 1 } } as const
    await openNursery(async (inner) => {
      const worker = await inner.runInActor('worker', handsOn, 'failsOnce', 'source', failed)
      expect(await worker.result()).toBe(3)
    }, restarting)
  })
}

describe('The traces of items between actors', () => {
  let all: readonly ReceivedSpan[]
  let spans: readonly ReceivedSpan[]

  beforeAll(async () => {
    all = await handOn()
    spans = all.filter((span) => span.attributes['messaging.system'] === 'actorflow')
  })

  /** The trees in which there are items of that function. */
  const treesOf = (functionName: string): string[] =>
    spanTrees(spans, { show: (span) => String(span.attributes['actorflow.function']) }).filter((each) =>
      each.includes(`[${functionName}]`),
    )

  it('go from hop to hop, one to one', () => {
    const tree = [
      'source: send relay [countsUpTo]',
      '  relay: process relay [countsUpTo]',
      '    relay: send root [tenfold]',
      '      root: process root [tenfold]',
    ].join('\n')
    expect(treesOf('tenfold').filter((each) => !each.includes('last'))).toEqual([tree, tree, tree])
  })

  it('go on with the item of the outer loop when the inner one has ended, and begin anew after both', () => {
    const sent = ['relay: send root [enriched]', '  root: process root [enriched]']
    const nested = sent.map((line) => `    ${line}`)
    const tree = ['source: send relay [countsUpTo]', '  relay: process relay [countsUpTo]', ...nested].join('\n')
    expect(treesOf('enriched')).toEqual([sent.join('\n'), tree, tree])
    expect(treesOf('countsUpTo').filter((each) => each.startsWith('last: send relay'))).toEqual(
      Array.from({ length: 2 }, () => 'last: send relay [countsUpTo]\n  relay: process relay [countsUpTo]'),
    )
  })

  it('go to and fro in a context', () => {
    expect(treesOf('measure')).toEqual([
      [
        'root: send relay [measure]',
        '  relay: process relay [measure]',
        '    relay: send root [measure]',
        '      root: process root [measure]',
        '        root: send relay [measure]',
        '          relay: process relay [measure]',
        '            relay: send root [measure]',
        '              root: process root [measure]',
      ].join('\n'),
    ])
  })

  it('say of an item whose consumer was cancelled in the midst of it that it was', () => {
    const [cancelled, ...more] = treesOf('stuck')
    expect(more).toEqual([])
    expect(cancelled).toBe(
      [
        'source: send relay [countsUpTo]',
        '  relay: process relay [countsUpTo] [cancelled]',
        '    relay: send root [stuck]',
        '      root: process root [stuck]',
      ].join('\n'),
    )
  })

  it('end with the error of the hop that failed, and with no error of another', () => {
    const trees = treesOf('tenfold').filter((each) => each.includes('last'))
    const upToLast = [
      'source: send relay [countsUpTo]',
      '  relay: process relay [countsUpTo]',
      '    relay: send last [tenfold]',
    ]
    expect(trees.filter((each) => each.includes('error'))).toEqual([
      [...upToLast, '      last: process last [tenfold] [error RangeError: 10 is too much]'].join('\n'),
    ])
    expect(trees).toContain(
      [
        ...upToLast,
        '      last: process last [tenfold]',
        '        last: send root [checked]',
        '          root: process root [checked]',
      ].join('\n'),
    )
    const failed = spans.find((span) => span.name === 'process last' && span.status !== undefined)
    expect(failed?.events).toMatchObject([
      { name: 'exception', attributes: { 'exception.type': 'RangeError', 'exception.message': '10 is too much' } },
    ])
  })

  it('tell how long an item waited for credit, and then for its consumer', () => {
    const ofSlow = spans.filter((span) => span.service === 'last' || span.name === 'process root')
    const trees = new Map(ofSlow.map((span) => [span.spanId, span]))
    const pairs = ofSlow.flatMap((process) => {
      const send = trees.get(process.parentSpanId ?? '')
      return send?.attributes['actorflow.function'] === 'countsUpTo' ? [{ send, process }] : []
    })
    expect(pairs.map(({ send }) => send.attributes['actorflow.item.number'])).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    for (const { send, process } of pairs) {
      expect(process.attributes['actorflow.item.number']).toBe(send.attributes['actorflow.item.number'])
      const waitedMs = Number(send.attributes['actorflow.credit_wait_ms'])
      expect(Number(send.endNs - send.startNs) / 1e6).toBeCloseTo(waitedMs, 2)
      // From its arrival on it has waited here, and what is left is the way; the clocks of two processes differ a little.
      const queuedMs = Number(process.attributes['actorflow.queue_wait_ms'])
      expect(Number(process.startNs - send.endNs) / 1e6).toBeGreaterThan(queuedMs - 20)
    }
    const waits = pairs.map(({ send }) => Number(send.attributes['actorflow.credit_wait_ms']))
    expect(waits.slice(0, 2)).toEqual([0, 0])
    expect(Math.max(...waits)).toBeGreaterThan(0)
    const queued = pairs.map(({ process }) => Number(process.attributes['actorflow.queue_wait_ms']))
    expect(Math.max(...queued)).toBeGreaterThan(0)
  })

  it('go on in an actor that was started again', () => {
    const processed = spans.filter((span) => span.name === 'process worker')
    const [failed, ...others] = processed.filter((span) => span.status !== undefined)
    expect(others).toEqual([])
    expect(failed?.attributes).toMatchObject({ 'actorflow.item.number': 1, 'error.type': 'TypeError' })
    const numbersIn = (isFirst: boolean) =>
      processed
        .filter((span) => (span.instance === failed?.instance) === isFirst)
        .map((span) => span.attributes['actorflow.item.number'])
    expect(numbersIn(true)).toEqual([0, 1])
    expect(numbersIn(false)).toEqual([0, 1, 2])
    expect(spanTrees(spans).filter((each) => each.includes('process worker'))).toHaveLength(5)
  })

  it('are beside that of the function that an actor was started for, once for each time that it ran', () => {
    const run = (failed = '', failedThere = '') =>
      [
        `root: worker/failsOnce${failed}`,
        `  worker: worker/failsOnce${failedThere}`,
        '    worker: source/countsUpTo',
        '      source: source/countsUpTo',
      ].join('\n')
    expect(spanTrees(all).filter((each) => each.startsWith('root: worker/'))).toEqual([
      run(),
      run(' [error FLOW_REMOTE: not this time]', ' [error TypeError: not this time]'),
    ])
    expect(spanTrees(all)).toEqual(expect.arrayContaining(['root: spawn worker', 'root: restart worker']))
  })

  it('are within the life of the context that they go to and fro in', () => {
    const lives = all.filter((span) => span.name === 'relay/measure')
    expect(lives.map(({ service }) => service).toSorted()).toEqual(['relay', 'root'])
    for (const { service, startNs, endNs, attributes, events } of lives) {
      expect(attributes).toMatchObject({
        'actorflow.call.kind': 'context',
        'actorflow.items.in': 2,
        'actorflow.items.out': 2,
      })
      expect(events.map(({ name }) => name)).toEqual(['started'])
      const inside = spans.filter(
        (each) => each.service === service && each.attributes['actorflow.function'] === 'measure',
      )
      expect(inside).toHaveLength(4)
      for (const item of inside) {
        // The spans of items and those of calls have clocks of their own, which agree to some milliseconds.
        expect(item.startNs).toBeGreaterThan(startNs - 20_000_000n)
        expect(item.endNs).toBeLessThan(endNs + 20_000_000n)
      }
    }
  })
})
