import { describe, expect, it } from 'vitest'
import type { Interceptor } from '../../engine/interceptor.ts'
import { endItem } from '../../engine/item-trace.ts'
import { MessageReceiver } from '../../engine/message-receiver.ts'
import { moveOnAfter, runInScope, Scope } from '../../engine/scope.ts'
import { errorOf } from '../support/thrown.ts'
import { hop, sampled } from './hop.ts'

const reason = new Error('enough')

describe('The traces of a MessageReceiver', () => {
  function traced() {
    const done: unknown[] = []
    const numbers: number[] = []
    const tracer: Interceptor = {
      itemReceived: (_hop, { span1, itemNumber }) => {
        numbers.push(itemNumber)
        return `held ${span1}`
      },
      itemLeft: (held) => void done.push(['left', held]),
      itemDone: (held, error, cancelled) => void done.push(error === undefined ? held : [held, error, cancelled]),
    }
    const inlet = { grant: () => undefined, interrupted: async () => undefined }
    const receiver = new MessageReceiver<unknown>(inlet, { count: 100, bytes: 1000 }, hop, tracer)
    return { done, numbers, receiver }
  }

  it('are held by the task that is handed the item, until it pulls the next', async () => {
    const { receiver, done } = traced()
    const scope = new Scope(undefined)
    await runInScope(scope, async () => {
      receiver.push(['a', 'b', 'c'], 3, sampled(1, 7))
      await receiver.next()
      expect(scope.itemTrace).toBeNull()
      await receiver.next()
      expect(scope.itemTrace).toBe('held 7')
      expect(done).toEqual([])
      await receiver.next()
      expect(scope.itemTrace).toBeNull()
      expect(done).toEqual(['held 7'])
    })
  })

  it('have the baggage and the state with which they came, or neither', async () => {
    const brought: unknown[] = []
    const tracer: Interceptor = {
      itemReceived: (_hop, { baggage, traceState }) => void brought.push([baggage, traceState]),
    }
    const inlet = { grant: () => undefined, interrupted: async () => undefined }
    const receiver = new MessageReceiver<unknown>(inlet, { count: 100, bytes: 1000 }, hop, tracer)
    const traces = [
      sampled(0, 1, { baggage: 'tenant=acme' }),
      sampled(1, 2, { traceState: 'vendor=abc' }),
      sampled(2, 3),
      sampled(3, 4, { baggage: 'tenant=acme', traceState: 'vendor=abc' }),
    ]
    await runInScope(new Scope(undefined), async () => {
      receiver.push(['a', 'b', 'c', 'd'], 4, Buffer.concat(traces))
      for (const _ of traces) await receiver.next()
    })
    expect(brought).toEqual([
      ['tenant=acme', undefined],
      [undefined, 'vendor=abc'],
      [undefined, undefined],
      ['tenant=acme', 'vendor=abc'],
    ])
  })

  it('are let go of by a task that goes on with an item of another stream', async () => {
    const [{ receiver: one }, { receiver: other }] = [traced(), traced()]
    const scope = new Scope(undefined)
    await runInScope(scope, async () => {
      one.push(['a', 'b'], 2, sampled(1, 7))
      other.push(['c', 'd', 'e'], 3, sampled(2, 8))
      const held: unknown[] = []
      for (const receiver of [other, one, one, other, other]) {
        await receiver.next()
        held.push(scope.itemTrace)
      }
      expect(held).toEqual([null, null, 'held 7', null, 'held 8'])
    })
  })

  /** What comes of a loop over items of which those with a number are sampled. */
  function loopOver(...spans: readonly (number | null)[]) {
    const { receiver, done } = traced()
    receiver.loop()
    receiver.push(
      spans.map((_, index) => index),
      1,
      Buffer.concat(spans.flatMap((span, index) => (span === null ? [] : [sampled(index, span)]))),
    )
    receiver.finish(undefined)
    return { receiver, done }
  }

  it('are held again when a loop within the processing of their item has ended or was left', async () => {
    const { receiver: outer } = loopOver(1, null, 2)
    const scope = new Scope(undefined)
    const held: unknown[][] = []
    await runInScope(scope, async () => {
      for (const { receiver: inner } of [loopOver(7, null), loopOver(null), loopOver(8, 9)]) {
        const meanwhile: unknown[] = []
        for (const receiver of [outer, inner, inner]) {
          await receiver.next()
          meanwhile.push(scope.itemTrace)
        }
        inner.discard()
        held.push([...meanwhile, scope.itemTrace])
      }
    })
    expect(held).toEqual([
      ['held 1', 'held 7', 'held 1', 'held 1'],
      [null, null, null, null],
      ['held 2', 'held 8', 'held 9', 'held 2'],
    ])
  })

  it('are not hidden by an item that is not sampled and read within the loop', async () => {
    const { receiver: outer } = loopOver(1, null, 2)
    const { receiver: inner } = loopOver(null, 7, null)
    const scope = new Scope(undefined)
    const held: unknown[] = []
    await runInScope(scope, async () => {
      for (let n = 0; n < 3; n += 1) {
        for (const receiver of [outer, inner]) {
          await receiver.next()
          held.push(scope.itemTrace)
        }
      }
    })
    expect(held).toEqual(['held 1', 'held 1', null, 'held 7', 'held 2', 'held 2'])
  })

  it('are held no more after the end, sampled or not: what comes then begins anew', async () => {
    for (const span of [7, null]) {
      const { receiver } = loopOver(span)
      const scope = new Scope(undefined)
      await runInScope(scope, async () => {
        await receiver.next()
        expect(scope.itemTrace).toBe(span === null ? null : 'held 7')
        expect(await receiver.next()).toEqual({ value: undefined, done: true })
        expect(scope.itemTrace).toBeUndefined()
      })
    }
  })

  it('are known of every item still when another stream has ended meanwhile', async () => {
    const [{ receiver: one }, { receiver: other }] = [loopOver(null), loopOver(null, null, null)]
    const scope = new Scope(undefined)
    await runInScope(scope, async () => {
      for (const receiver of [one, other, one]) await receiver.next()
      expect(scope.itemTrace).toBeUndefined()
      await other.next()
      expect(scope.itemTrace).toBeNull()
    })
  })

  it('have the error of their task, those of the loop and of the loop around it', async () => {
    const done: unknown[] = []
    const tracer: Interceptor = { itemDone: (held, error) => void done.push([held, error]) }
    const [{ receiver: before }, { receiver: outer }, { receiver: inner }] = [loopOver(1), loopOver(2), loopOver(3)]
    const scope = new Scope({ self: hop.to, interceptor: tracer })
    await runInScope(scope, async () => {
      await before.next()
      before.discard()
      await outer.next()
      await inner.next()
      // As an error does that is thrown out of both.
      inner.discard()
      outer.discard()
    })
    endItem(scope, reason)
    expect(done.slice(0, 2)).toEqual([
      ['held 3', reason],
      ['held 2', reason],
    ])
    expect(done).not.toContainEqual(['held 1', reason])
  })

  it('are held by each of the tasks that take turns', async () => {
    const { receiver } = traced()
    const [one, other] = [new Scope(undefined), new Scope(undefined)]
    receiver.push(['a'], 1, undefined)
    receiver.push(['b', 'c', 'd', 'e', 'f'], 5, Buffer.concat([sampled(1, 7), sampled(2, 8)]))
    const held: unknown[] = []
    for (const scope of [one, other, one, other, one, other]) {
      await runInScope(scope, () => receiver.next())
      held.push([one.itemTrace, other.itemTrace])
    }
    expect(held).toEqual([
      [null, undefined],
      [null, null],
      ['held 7', null],
      ['held 7', 'held 8'],
      [null, 'held 8'],
      [null, null],
    ])
  })

  it('go to the task that waits, not to the one whose bytes arrived', async () => {
    const { receiver } = traced()
    const [consumer, other] = [new Scope(undefined), new Scope(undefined)]
    const waiting = runInScope(consumer, () => receiver.next())
    runInScope(other, () => receiver.push(['a'], 1, sampled(0, 7)))
    await waiting
    expect(consumer.itemTrace).toBe('held 7')
    expect(other.itemTrace).toBeUndefined()
  })

  it('are done with when the consumer asks for more, and left with when it leaves or is cancelled', async () => {
    for (const [leave, expected] of [
      [(receiver: MessageReceiver<unknown>) => void receiver.next(), 'held 7'],
      [(receiver: MessageReceiver<unknown>) => receiver.discard(), ['left', 'held 7']],
      [(receiver: MessageReceiver<unknown>) => receiver.discard(reason), ['left', 'held 7']],
      [
        (receiver: MessageReceiver<unknown>, scope: Scope) => {
          scope.cancel(reason)
          receiver.discard()
        },
        ['held 7', reason, true],
      ],
    ] as const) {
      const { receiver, done } = traced()
      const scope = new Scope(undefined)
      receiver.push(['a'], 1, sampled(0, 7))
      await runInScope(scope, () => receiver.next())
      leave(receiver, scope)
      expect(done).toEqual([expected])
    }
  })

  it('are done with well when the producer fails after their item', async () => {
    const { receiver, done } = traced()
    receiver.push(['a'], 1, sampled(0, 7))
    receiver.finish(reason)
    await receiver.next()
    expect(await errorOf(receiver.next())).toBe(reason)
    expect(done).toEqual(['held 7'])
  })

  it('come with the numbers of their items in the stream', async () => {
    const { receiver, numbers } = traced()
    receiver.push(['a', 'b', 'c'], 3, sampled(1, 7))
    receiver.push(['d'], 1, undefined)
    receiver.push(['e', 'f'], 2, Buffer.concat([sampled(0, 8), sampled(1, 9)]))
    for (let n = 0; n < 6; n += 1) await receiver.next()
    expect(numbers).toEqual([1, 4, 5])
  })

  it('are in hand outside a time limit that their item was pulled in, and in no other task', async () => {
    const { receiver } = traced()
    const [actor, other] = [new Scope(undefined), new Scope(undefined)]
    const task = new Scope(undefined, actor)
    receiver.push(['a'], 1, sampled(0, 7))
    await runInScope(task, () => moveOnAfter(60_000, () => receiver.next()))
    expect([task.itemTrace, actor.itemTrace, other.itemTrace]).toEqual(['held 7', undefined, undefined])
    expect(new Scope(undefined, actor).itemTrace).toBeUndefined()
  })

  it('cut batches so that a sampled item is alone in its own', async () => {
    const { receiver, done } = traced()
    receiver.push(['a', 'b', 'c', 'd'], 4, Buffer.concat([sampled(1, 7), sampled(3, 8)]))
    const batches: unknown[] = []
    for (let n = 0; n < 4; n += 1) batches.push((await receiver.nextBatch()).value)
    expect(batches).toEqual([['a'], ['b'], ['c'], ['d']])
    expect(done).toEqual(['held 7'])
    receiver.push(['e', 'f', 'g'], 3, sampled(2, 9))
    expect(await receiver.nextBatch()).toEqual({ value: ['e', 'f'], done: false })
  })
})
