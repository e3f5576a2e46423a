import { afterEach, describe, expect, it, vi } from 'vitest'
import { currentSignal, moveOnAfter, runInScope, Scope, sleep } from '../../engine/scope.ts'
import { closeShared, shared } from '../../engine/shared-resource.ts'
import { openMemoryActors } from '../support/memory-actors.ts'
import { errorOf } from '../support/thrown.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A resource that is opened and closed when the test says so. */
function createResource() {
  const log: string[] = []
  const gates: { opened: PromiseWithResolvers<void>; closed: PromiseWithResolvers<void> }[] = []
  const gate = () => {
    const next = { opened: Promise.withResolvers<void>(), closed: Promise.withResolvers<void>() }
    gates.push(next)
    return next
  }
  const open = async () => {
    const { opened, closed } = gate()
    const number = gates.length
    log.push(`opening ${number}`)
    await opened.promise
    log.push(`open ${number}`)
    return {
      value: number,
      async close() {
        log.push(`closing ${number}`)
        await closed.promise
        log.push(`closed ${number}`)
      },
    }
  }
  const at = (number: number) => gates[number - 1] as NonNullable<(typeof gates)[0]>
  return {
    log,
    open,
    opened: (number: number) => at(number).opened,
    closed: (number: number) => at(number).closed,
  }
}

describe('A shared resource', () => {
  const { caller, callee, run } = openMemoryActors({}, { cancelGraceMs: 100 })

  afterEach(() => {
    vi.useRealTimers()
  })

  it('is opened once for users that come at once, and closed after the last', async () => {
    const resource = createResource()
    const users = run(() => [1, 2, 3].map(() => shared('db', resource.open)))
    await turn()
    expect(resource.log).toEqual(['opening 1'])
    resource.opened(1).resolve()
    const handles = await Promise.all(users)
    expect(handles.map((handle) => handle.value)).toEqual([1, 1, 1])
    await handles[0]?.close()
    await handles[0]?.close()
    await handles[1]?.close()
    expect(resource.log).toEqual(['opening 1', 'open 1'])
    let left = false
    const last = handles[2]?.close().then(() => (left = true))
    await turn()
    expect({ log: resource.log.at(-1), left }).toEqual({ log: 'closing 1', left: false })
    resource.closed(1).resolve()
    await last
    expect(resource.log.at(-1)).toBe('closed 1')
  })

  it('is opened anew, after the wait, for one who comes while it is being closed', async () => {
    const resource = createResource()
    const first = run(() => shared('db', resource.open))
    await turn()
    resource.opened(1).resolve()
    const closing = (await first).close()
    const second = run(() => shared('db', resource.open))
    await turn()
    expect(resource.log).toEqual(['opening 1', 'open 1', 'closing 1'])
    resource.closed(1).resolve()
    await closing
    await turn()
    resource.opened(2).resolve()
    const handle = await second
    expect(handle.value).toBe(2)
    expect(resource.log).toEqual(['opening 1', 'open 1', 'closing 1', 'closed 1', 'opening 2', 'open 2'])
    resource.closed(2).resolve()
    await handle.close()
  })

  it('is one for each key and each actor', async () => {
    const opened: string[] = []
    const open = (name: string) => () => {
      opened.push(name)
      return { value: name, close: () => undefined }
    }
    const handles = await Promise.all([
      run(() => shared('a', open('a'))),
      run(() => shared('b', open('b'))),
      run(() => shared('a', open('never'))),
      runInScope(callee.scope, () => shared('a', open('other actor'))),
    ])
    expect(handles.map(({ value }) => value)).toEqual(['a', 'b', 'a', 'other actor'])
    expect(opened).toEqual(['a', 'b', 'other actor'])
    for (const handle of handles) await handle.close()
  })

  it('is what can be disposed of, or the value of what can be closed', async () => {
    const log: string[] = []
    await run(async () => {
      {
        await using async = await shared('async', () => ({
          n: 1,
          [Symbol.asyncDispose]: async () => void log.push('async'),
        }))
        await using sync = await shared('sync', () => ({ n: 2, [Symbol.dispose]: () => void log.push('sync') }))
        await using pair = await shared('pair', () => ({ value: 3, close: () => log.push('pair') }))
        log.push(`${async.value.n} ${sync.value.n} ${pair.value}`)
      }
    })
    expect(log).toEqual(['1 2 3', 'pair', 'sync', 'async'])
    const wrong = () => ({ value: 1 }) as unknown as Disposable
    expect(await errorOf(run(() => shared('wrong', wrong)))).toMatchObject({ code: 'FLOW_USAGE' })
  })

  it('is held for the time of a callback, which gives its result', async () => {
    const log: string[] = []
    const open = () => ({ value: 7, close: () => log.push('closed') })
    const result = await run(() =>
      shared('db', open, async (value) => {
        await turn()
        log.push('used')
        return value + 1
      }),
    )
    expect({ result, log }).toEqual({ result: 8, log: ['used', 'closed'] })
    const mine = new Error('mine')
    expect(
      await errorOf(
        run(() =>
          shared('db', open, () => {
            throw mine
          }),
        ),
      ),
    ).toBe(mine)
    expect(log).toEqual(['used', 'closed', 'closed'])
  })

  describe('when it cannot be opened', () => {
    it('throws the error to all who wait, and lets the next one try again', async () => {
      const boom = new Error('boom')
      let tries = 0
      const open = async () => {
        tries += 1
        await turn()
        if (tries === 1) throw boom
        return { value: 'second', close: () => undefined }
      }
      const users = run(() => [1, 2, 3].map(() => errorOf(shared('db', open))))
      expect(await Promise.all(users)).toEqual([boom, boom, boom])
      await run(async () => {
        await using handle = await shared('db', open)
        expect(handle.value).toBe('second')
      })
      expect(tries).toBe(2)
    })

    it('throws what is thrown at once as well, and refuses to wait for itself', async () => {
      const boom = new Error('boom')
      const throwing = () => {
        throw boom
      }
      expect(await errorOf(run(() => shared('db', throwing)))).toBe(boom)
      const itself = async (): Promise<Disposable> =>
        (await shared('db', () => ({ [Symbol.dispose]: () => undefined }))).value
      expect(await errorOf(run(() => shared('db', itself)))).toMatchObject({ code: 'FLOW_USAGE' })
    })
  })

  describe('when users are cancelled while it is being opened', () => {
    it('is opened for the others all the same', async () => {
      const resource = createResource()
      const first = new Scope(caller, caller.scope)
      const cancelled = runInScope(first, () => errorOf(shared('db', resource.open)))
      const second = run(() => shared('db', resource.open))
      await turn()
      const reason = new Error('enough')
      first.cancel(reason)
      expect(await cancelled).toBe(reason)
      resource.opened(1).resolve()
      const handle = await second
      expect(handle.value).toBe(1)
      resource.closed(1).resolve()
      await handle.close()
      expect(resource.log).toEqual(['opening 1', 'open 1', 'closing 1', 'closed 1'])
    })

    it('is given up when there are no others, and opened anew by the next one', async () => {
      const log: string[] = []
      const open = async () => {
        log.push('opening')
        try {
          await sleep(1_000_000)
        } finally {
          log.push('given up')
        }
        return { value: 1, close: () => undefined }
      }
      const { cancelled } = await run(() => moveOnAfter(5, () => shared('db', open)))
      expect({ cancelled, log }).toEqual({ cancelled: true, log: ['opening', 'given up'] })
      const handle = await run(() => shared('db', () => ({ value: 2, close: () => undefined })))
      expect(handle.value).toBe(2)
      await handle.close()
    })

    it('is closed if it opens nevertheless; the next one waits for that, the cancelled one only for a while', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const resource = createResource()
      const user = new Scope(caller, caller.scope)
      const cancelled = runInScope(user, () => errorOf(shared('db', resource.open)))
      await turn()
      const reason = new Error('enough')
      user.cancel(reason)
      await turn()
      const next = run(() => shared('db', resource.open))
      await vi.advanceTimersByTimeAsync(100)
      expect(await cancelled).toBe(reason)
      expect(resource.log).toEqual(['opening 1'])
      resource.opened(1).resolve()
      await turn()
      resource.closed(1).resolve()
      await turn()
      resource.opened(2).resolve()
      expect((await next).value).toBe(2)
      expect(resource.log).toEqual(['opening 1', 'open 1', 'closing 1', 'closed 1', 'opening 2', 'open 2'])
      resource.closed(2).resolve()
      await (await next).close()
    })
  })

  describe('when it is closed', () => {
    it('throws what fails in that to the last user alone, once, and is opened anew by the next', async () => {
      const boom = new Error('boom')
      const open = () => ({
        value: 1,
        close: async () => {
          await turn()
          throw boom
        },
      })
      const [first, last] = await Promise.all(run(() => [shared('db', open), shared('db', open)]))
      await first?.close()
      expect(await errorOf(last?.close() ?? Promise.resolve())).toBe(boom)
      await last?.close()
      const mine = new Error('mine')
      const use = () => {
        throw mine
      }
      expect(await errorOf(run(() => shared('db', open, use)))).toMatchObject({ errors: [mine, boom] })
    })

    it('waits for what it has to, though its last user is being cancelled', async () => {
      const log: string[] = []
      const user = new Scope(caller, caller.scope)
      const open = () => ({
        value: 1,
        async close() {
          await sleep(1)
          log.push(`closed, aborted: ${currentSignal().aborted}`)
        },
      })
      const reason = new Error('enough')
      const error = await errorOf(
        runInScope(user, async () => {
          await using _ = await shared('db', open)
          user.cancel(reason)
          await sleep(1_000_000)
        }),
      )
      expect({ error, log }).toEqual({ error: reason, log: ['closed, aborted: false'] })
    })
  })

  describe('when its actor ends', () => {
    it('is closed over its users; what fails is thrown when all are closed', async () => {
      const { caller, run } = openMemoryActors({}, { cancelGraceMs: 100 })
      const log: string[] = []
      const boom = new Error('boom')
      const fine = { value: 1, close: () => void log.push('fine') }
      const failing = { value: 2, close: () => Promise.reject(boom) }
      const handle = await run(() => shared('fine', () => fine))
      await run(() => shared('failing', () => failing))
      caller.scope.cancel(new Error('the end'))
      expect(await errorOf(closeShared(caller))).toBe(boom)
      expect(log).toEqual(['fine'])
      await handle.close()
      expect(log).toEqual(['fine'])
      expect(await errorOf(run(() => shared('fine', () => fine)))).toMatchObject({ message: 'the end' })
      await closeShared(caller)
    })

    it('is given up if it is still being opened, and left to itself if it takes too long', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const { caller, run } = openMemoryActors({}, { cancelGraceMs: 100 })
      const opening = run(() =>
        errorOf(shared('opening', () => sleep(1_000_000).then(() => ({ value: 1, close() {} })))),
      )
      await run(() => shared('stuck', () => ({ value: 1, close: () => new Promise(() => undefined) })))
      const reason = new Error('the end')
      caller.scope.cancel(reason)
      const error = errorOf(closeShared(caller))
      await vi.advanceTimersByTimeAsync(100)
      expect(await error).toMatchObject({ code: 'FLOW_ACTOR_TOO_SLOW', message: expect.stringContaining("'stuck'") })
      expect(await opening).toBe(reason)
    })
  })
})
