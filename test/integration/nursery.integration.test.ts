import { describe, expect, it } from 'vitest'
import {
  ActorExitError,
  ChannelBrokenError,
  openNursery,
  RemoteActorError,
  shield,
  sleep,
  UsageError,
} from '../../index.ts'
import answers from '../fixtures/actors/answers.ts'
import crashes from '../fixtures/actors/crashes.ts'
import waits from '../fixtures/actors/waits.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('A nursery', () => {
  const { tree, nursery, notes, readNotes, processes } = openTreeBed()

  const begun = (name: string, count: number) =>
    waitUntil(async () => (await readNotes(name)).filter((line) => line.endsWith('begun')).length >= count, {
      describe: () => readNotes(name),
    })

  it('ends when all its actors and tasks have, and resolves to what its body returns', async () => {
    const order: string[] = []
    const bodyEnds = Promise.withResolvers<void>()
    const value = await nursery(async (nursery) => {
      void nursery.startTask(async () => {
        await bodyEnds.promise
        await sleep(20)
        order.push('task')
      })
      const sum = await nursery.runInActor('adder', answers, 'add', 1, 2)
      const result = await sum.result()
      order.push('body')
      bodyEnds.resolve()
      return result
    })
    expect({ value, order }).toEqual({ value: 3, order: ['body', 'task'] })
    expect(await processes()).toEqual([])
  })

  it('gives the result of a run-once actor after its end, too, any number of times', async () => {
    const sum = await tree(async () => {
      const portal = await openNursery((nursery) => nursery.runInActor('adder', answers, 'add', 1, 2))
      return [await portal.result(), await portal.result()]
    })
    expect(sum).toEqual([3, 3])
  })

  it('cancels all the others when its body fails, and throws the error itself', async () => {
    const mine = new Error('mine')
    const file = notes('body-fails')
    const error = await errorOf(
      nursery(async (nursery) => {
        await Promise.all([
          nursery.runInActor('one', waits, 'wait', file),
          nursery.runInActor('two', waits, 'waitWithChild', file, 'below two'),
        ])
        await begun('body-fails', 3)
        throw mine
      }),
    )
    expect(error).toBe(mine)
    expect((await readNotes('body-fails')).sort()).toEqual(
      ['below two begun', 'below two ended', 'one begun', 'one ended', 'two begun', 'two ended'].sort(),
    )
  })

  it('cancels all the others when a task fails, its body at its next wait, and throws the error itself', async () => {
    const mine = new Error('mine')
    const file = notes('task-fails')
    let interrupted: unknown
    const error = await errorOf(
      nursery(async (nursery) => {
        const other = await nursery.startActor('other', waits)
        void nursery.startTask(async () => {
          await begun('task-fails', 1)
          throw mine
        })
        interrupted = await errorOf(other.run('wait', file))
        throw interrupted
      }),
    )
    expect(error).toBe(mine)
    expect(interrupted).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED', cause: mine })
    expect(await readNotes('task-fails')).toEqual(['other begun', 'other ended'])
  })

  it('cancels all the others when a run-once actor fails, and throws its error', async () => {
    const file = notes('actor-fails')
    const error = await errorOf(
      nursery(async (nursery) => {
        await nursery.runInActor('waiting', waits, 'wait', file)
        await begun('actor-fails', 1)
        await nursery.runInActor('failing', crashes, 'fail', 'of its own')
        await sleep(1_000_000)
      }),
    )
    expect(error).toBeInstanceOf(RemoteActorError)
    expect(error).toMatchObject({ message: 'of its own', actor: { name: 'failing' } })
    expect(await readNotes('actor-fails')).toEqual(['waiting begun', 'waiting ended'])
  })

  it('throws an AggregateError when several fail by themselves', async () => {
    const gate = Promise.withResolvers<void>()
    const error = await errorOf(
      nursery(async (nursery) => {
        for (const message of ['first', 'second']) {
          void nursery.startTask(async () => {
            await gate.promise
            throw new Error(message)
          })
        }
        gate.resolve()
        await sleep(1_000_000)
      }),
    )
    expect(error).toBeInstanceOf(AggregateError)
    expect((error as AggregateError).errors).toMatchObject([{ message: 'first' }, { message: 'second' }])
  })

  it('resolves when it is cancelled from inside', async () => {
    const file = notes('cancelled')
    await nursery(async (nursery) => {
      await nursery.runInActor('waiting', waits, 'wait', file)
      await begun('cancelled', 1)
      nursery.cancel()
      expect(nursery.signal.aborted).toBe(true)
      await sleep(1_000_000)
    })
    expect(await readNotes('cancelled')).toEqual(['waiting begun', 'waiting ended'])
  })

  it('resolves when it is cancelled while a task reads a stream and does something else between two items', async () => {
    const file = notes('cancelled-between')
    await nursery(async (nursery) => {
      const ticker = await nursery.startActor('ticker', waits)
      void nursery.startTask(async () => {
        for await (const n of ticker.stream('tick', file)) {
          if (n !== 3) continue
          nursery.cancel()
          // Not a wait of the engine: the cancellation cannot interrupt it, and the ticker ends meanwhile.
          await begunEnding()
        }
      })
    })
    expect(await readNotes('cancelled-between')).toEqual(['ticker ended'])

    async function begunEnding(): Promise<void> {
      await waitUntil(async () => (await processes()).length === 0, { describe: processes })
    }
  })

  it('inside another one leaves the outer alone when its failure is caught', async () => {
    const file = notes('nested')
    await nursery(async (outer) => {
      await outer.runInActor('outer', waits, 'wait', file)
      await begun('nested', 1)
      const error = await errorOf(
        openNursery(async (inner) => {
          await inner.startActor('inner', waits)
          throw new Error('inner')
        }),
      )
      expect(error).toMatchObject({ message: 'inner' })
      expect(await readNotes('nested')).toEqual(['outer begun'])
      expect((await processes()).map(({ command }) => command)).toEqual(['flow outer'])
      outer.cancel()
    })
    expect(await readNotes('nested')).toEqual(['outer begun', 'outer ended'])
  })

  it('is cancelled with the one around it, and the outer error is thrown', async () => {
    const file = notes('nested-outer')
    const error = await errorOf(
      nursery(async (outer) => {
        void outer.startTask(async () => {
          await begun('nested-outer', 1)
          throw new Error('outer')
        })
        await openNursery(async (inner) => {
          await inner.runInActor('inner', waits, 'wait', file)
        })
      }),
    )
    expect(error).toMatchObject({ message: 'outer' })
    expect(await readNotes('nested-outer')).toEqual(['inner begun', 'inner ended'])
  })

  it('fails with the name of a daemon that was killed', async () => {
    const error = await errorOf(
      nursery(async (nursery) => {
        const daemon = await nursery.startActor('daemon', crashes)
        process.kill(await daemon.run('processId'), 'SIGKILL')
        await sleep(1_000_000)
      }),
    )
    expect(error).toBeInstanceOf(ActorExitError)
    expect(error).toMatchObject({ actor: { name: 'daemon' }, signal: 'SIGKILL', exitCode: null })
  })

  it('fails once with the exit of a run-once actor that was killed', async () => {
    const error = await errorOf(
      nursery(async (nursery) => {
        const portal = await nursery.runInActor('once', crashes, 'die', 'SIGKILL')
        await portal.result()
      }),
    )
    expect(error).toBeInstanceOf(ActorExitError)
    expect(error).toMatchObject({ actor: { name: 'once' }, signal: 'SIGKILL' })
  })

  it('breaks off the calls to an actor that is killed at once, after the items that had arrived', async () => {
    const error = await errorOf(
      nursery(async (nursery) => {
        const daemon = await nursery.startActor('daemon', crashes)
        // Out of reach of the nursery, which is cancelled as soon as the exit is known.
        await shield(async () => {
          const stream = daemon.stream('yieldAndWait', 100)
          const items = [(await stream.next()).value]
          const calls = [daemon.run('die', 'SIGKILL'), daemon.run('die', 'SIGWINCH')]
          const broken = await Promise.all(calls.map((call) => errorOf(call)))
          for (const each of broken) expect(each).toMatchObject({ code: 'FLOW_ACTOR_EXIT', actor: daemon.actor })

          const rest = async () => {
            for await (const n of stream) items.push(n)
          }
          expect(await errorOf(rest())).toMatchObject({ code: 'FLOW_ACTOR_EXIT', actor: daemon.actor })
          expect(items).toEqual(Array.from({ length: 100 }, (_, n) => n))
          expect(await errorOf(daemon.run('processId'))).toMatchObject({ code: 'FLOW_ACTOR_EXIT' })
        })
      }),
    )
    expect(error).toBeInstanceOf(ActorExitError)
  })

  it('takes nothing more after its end', async () => {
    await tree(async () => {
      const left = await openNursery((nursery) => nursery)
      expect(await errorOf(left.startActor('late', answers))).toBeInstanceOf(UsageError)
    })
  })

  it('lets an actor that was cancelled through its portal end in peace', async () => {
    const file = notes('cancel-actor')
    await nursery(async (nursery) => {
      const daemon = await nursery.startActor('daemon', waits)
      const waiting = errorOf(daemon.run('wait', file))
      await begun('cancel-actor', 1)
      await daemon.cancelActor('not needed any more')
      expect(await readNotes('cancel-actor')).toEqual(['daemon begun', 'daemon ended'])
      expect(await waiting).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED', reason: 'not needed any more' })
      expect(await processes()).toEqual([])
      expect(await errorOf(daemon.run('wait', file))).toBeInstanceOf(ChannelBrokenError)
    })
  })
})
