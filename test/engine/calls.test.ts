import { afterEach, describe, expect, it, vi } from 'vitest'
import { batch } from '../../engine/batch.ts'
import { type Context, context } from '../../engine/context.ts'
import {
  ActorTooSlowError,
  ChannelBrokenError,
  ContextCancelledError,
  DeadlineExceededError,
  FrameTooLargeError,
  NotEncodableError,
  RemoteActorError,
  StreamClosedError,
  UsageError,
} from '../../engine/errors.ts'
import { currentSignal, failAfter, moveOnAfter, sleep } from '../../engine/scope.ts'
import { openMemoryActors } from '../support/memory-actors.ts'
import { errorOf } from '../support/thrown.ts'

const steps: string[] = []
const functions = {
  echo: (value: unknown) => value,
  async hang() {
    try {
      await sleep(3_600_000)
    } finally {
      steps.push(`hang ended by ${currentSignal().reason.constructor.name}`)
    }
  },
  async ignore() {
    await new Promise(() => undefined)
  },
  async fail() {
    throw Object.assign(new TypeError('wrong'), { code: 'E_WRONG' })
  },
  give: (what: string) => ({ function: () => 1, symbol: Symbol('s'), large: 'x'.repeat(2_000_000) })[what],
  *count(to: number) {
    try {
      for (let n = 0; n < to; n += 1) {
        steps.push(`make ${n}`)
        yield n
      }
    } finally {
      steps.push('count ended')
    }
  },
  async *batches() {
    yield batch([1, 2])
    yield 3
  },
  async *failLater() {
    yield 'a'
    yield 'b'
    throw new RangeError('no more')
  },
  dialogue: context(async (ctx: Context<number, string, { ready: boolean }>, base: number) => {
    await ctx.started({ ready: true })
    for await (const text of ctx.stream) await ctx.stream.send(base + text.length)
    return 'bye'
  }),
  silent: context(async (_ctx: Context<number>) => 'never started'),
  tooEarly: context(async (ctx: Context<number>) => {
    await ctx.sendYield(1)
  }),
  poll: context(async (ctx: Context<number>) => {
    try {
      for (let n = 0; ; n += 1) {
        await new Promise((resolve) => setImmediate(resolve))
        await ctx.sendYield(n)
      }
    } finally {
      steps.push('poll ended')
    }
  }),
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 12; turns += 1) await new Promise((resolve) => setImmediate(resolve))
}

function fakeTimeouts(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] })
}

afterEach(() => {
  vi.useRealTimers()
  steps.length = 0
})

describe('portal.run', () => {
  it('brings arguments and results as copies', async () => {
    const { portal, run } = openMemoryActors(functions)
    const value = { bytes: new Uint8Array(10_000).fill(1), map: new Map([[1, new Set(['a'])]]), none: undefined }
    const copy = await run(() => portal.run('echo', value))
    expect(copy).toStrictEqual(value)
    expect(copy).not.toBe(value)
  })

  it('throws what the function throws as RemoteActorError', async () => {
    const { portal, run, callee } = openMemoryActors(functions)
    const error = await errorOf(run(() => portal.run('fail')))
    expect(error).toBeInstanceOf(RemoteActorError)
    expect(error).toMatchObject({ message: 'wrong', actor: callee.self, fields: { code: 'E_WRONG' } })
    expect(error.cause).toBeInstanceOf(TypeError)
  })

  it('throws at the caller what cannot be sent as an argument', async () => {
    const { portal, run } = openMemoryActors(functions)
    expect(await errorOf(run(() => portal.run('echo', () => 1)))).toBeInstanceOf(NotEncodableError)
    const tooLarge = await errorOf(run(() => portal.run('echo', new Uint8Array(2_000_000))))
    expect(tooLarge).toBeInstanceOf(FrameTooLargeError)
    expect(tooLarge.message).toMatch(/^the arguments of 'echo' of 20000\d\d bytes is over the limit/)
    expect(await run(() => portal.run('echo', 1))).toBe(1)
  })

  it('answers with an error when the result cannot be sent', async () => {
    const { portal, run } = openMemoryActors(functions)
    for (const what of ['function', 'symbol']) {
      const error = await errorOf(run(() => portal.run('give', what)))
      expect(error.cause).toBeInstanceOf(NotEncodableError)
    }
    const tooLarge = await errorOf(run(() => portal.run('give', 'large')))
    expect(tooLarge.cause).toBeInstanceOf(FrameTooLargeError)
    expect(await run(() => portal.run('echo', 1))).toBe(1)
  })

  it('sends several large values at once, each in a frame that is not too large', async () => {
    const { portal, run } = openMemoryActors(functions)
    const values = Array.from({ length: 5 }, (_, n) => new Uint8Array(900_000).fill(n))
    expect(await run(() => Promise.all(values.map((value) => portal.run('echo', value))))).toEqual(values)
  })

  it('cancels the remote task with its caller, and waits for it', async () => {
    const { portal, run, callee } = openMemoryActors(functions)
    fakeTimeouts()
    const moved = run(() => moveOnAfter(1000, () => portal.run('hang')))
    await settle()
    expect(callee.tasks.size).toBe(1)
    await vi.advanceTimersByTimeAsync(1000)
    await settle()
    expect(await moved).toEqual({ cancelled: true })
    expect(steps).toHaveLength(1)
    expect(callee.tasks.size).toBe(0)
  })

  it('is limited by timeoutMs and by an AbortSignal', async () => {
    const { portal, run } = openMemoryActors(functions)
    fakeTimeouts()
    const late = errorOf(run(() => portal.with({ timeoutMs: 100 }).run('hang')))
    const controller = new AbortController()
    const aborted = errorOf(run(() => portal.with({ signal: controller.signal }).run('hang')))
    await settle()
    await vi.advanceTimersByTimeAsync(100)
    expect(await late).toMatchObject({ code: 'FLOW_DEADLINE_EXCEEDED', limitMs: 100 })
    controller.abort(new Error('enough'))
    expect(await aborted).toMatchObject({ message: 'enough' })
  })

  it('takes a limit that is longer than a timer of the platform can wait', async () => {
    const { portal, run } = openMemoryActors(functions)
    expect(await run(() => failAfter(2 ** 40, () => portal.run('echo', 1)))).toBe(1)
    expect(await run(() => portal.with({ timeoutMs: Infinity }).run('echo', 2))).toBe(2)
  })

  it('gives up on a task that does not end in its grace', async () => {
    const { portal, run } = openMemoryActors(functions, { cancelGraceMs: 50 })
    fakeTimeouts()
    const controller = new AbortController()
    const call = errorOf(run(() => portal.with({ signal: controller.signal }).run('ignore')))
    await settle()
    controller.abort(new Error('enough'))
    await settle()
    await vi.advanceTimersByTimeAsync(50)
    expect(await call).toBeInstanceOf(ActorTooSlowError)
  })

  it('throws ChannelBrokenError when the peer vanishes, and cancels what it had asked for', async () => {
    const { portal, run, connection, callee } = openMemoryActors(functions)
    const call = errorOf(run(() => portal.run('hang')))
    await settle()
    connection.break(new Error('ECONNRESET'))
    expect(await call).toBeInstanceOf(ChannelBrokenError)
    await settle()
    expect(steps).toEqual(['hang ended by ChannelBrokenError'])
    expect(callee.tasks.size).toBe(0)
  })
})

describe('portal.stream', () => {
  it('gives the items in order, batches unfolded', async () => {
    const { portal, run } = openMemoryActors(functions)
    const items: number[] = []
    await run(async () => {
      for await (const n of portal.stream('batches')) items.push(n)
    })
    expect(items).toEqual([1, 2, 3])
  })

  it('gives every item before the error', async () => {
    const { portal, run } = openMemoryActors(functions)
    const items: string[] = []
    const error = await errorOf(
      run(async () => {
        for await (const item of portal.stream('failLater')) items.push(item)
      }),
    )
    expect(items).toEqual(['a', 'b'])
    expect(error).toMatchObject({ message: 'no more', remoteName: 'RangeError' })
  })

  it('does not begin before its first item is asked for', async () => {
    const { portal, run } = openMemoryActors(functions)
    const stream = run(() => portal.stream('count', 10))
    await settle()
    expect(steps).toEqual([])
    await run(() => stream.return())
    expect(steps).toEqual([])
    expect(await run(() => stream.next())).toEqual({ value: undefined, done: true })
  })

  it('has run the finally of its producer when it is left', async () => {
    const { portal, run, callee } = openMemoryActors(functions)
    await run(async () => {
      for await (const n of portal.stream('count', 1_000_000)) if (n === 3) break
      expect(steps.at(-1)).toBe('count ended')
      expect(callee.tasks.size).toBe(0)
    })
  })

  it('ends a context function that never waits for anything but its sending', async () => {
    const { portal, run, callee } = openMemoryActors(functions)
    await run(async () => {
      for await (const n of portal.stream('poll')) if (n === 3) break
    })
    expect(steps).toEqual(['poll ended'])
    expect(callee.tasks.size).toBe(0)
  })

  it('does not advance its producer past the window', async () => {
    const { portal, run } = openMemoryActors(functions)
    const stream = run(() => portal.with({ windowCount: 4 }).stream('count', 100))
    await run(() => stream.next())
    await settle()
    expect(steps).toEqual(['make 0', 'make 1', 'make 2', 'make 3'])
    await run(() => stream.return())
  })

  it('takes no items the other way', async () => {
    const { portal, run } = openMemoryActors(functions)
    const stream = run(() => portal.stream('count', 1))
    expect(await errorOf(run(() => stream.send(1 as never)))).toBeInstanceOf(StreamClosedError)
  })

  it.each([0, -1, 1.5, NaN, Infinity])('refuses a window of %d', (size) => {
    const { portal } = openMemoryActors(functions)
    for (const name of ['windowCount', 'windowBytes']) {
      expect(() => portal.with({ [name]: size })).toThrow(UsageError)
      expect(() => portal.with({ [name]: size })).toThrow(`${name} must be a whole number from 1 up, not ${size}`)
    }
  })
})

describe('portal.openContext', () => {
  it('opens with what the callee started with, streams both ways and gives its result', async () => {
    const { portal, run } = openMemoryActors(functions)
    await run(async () => {
      await using dialogue = await portal.openContext('dialogue', 100)
      expect(dialogue.value).toEqual({ ready: true })
      await dialogue.stream.send('hello')
      expect(await dialogue.stream.next()).toEqual({ value: 105, done: false })
      await dialogue.stream.close()
      expect(await dialogue.result()).toBe('bye')
    })
  })

  it('cancels the callee when it is left', async () => {
    const { portal, run, callee } = openMemoryActors(functions)
    await run(async () => {
      await using dialogue = await portal.openContext('dialogue', 0)
      expect(dialogue.value.ready).toBe(true)
    })
    expect(callee.tasks.size).toBe(0)
  })

  it('says who cancelled it and why', async () => {
    const { portal, run, caller } = openMemoryActors(functions)
    const error = await run(async () => {
      const dialogue = await portal.openContext('dialogue', 0)
      const failed = errorOf(dialogue.result())
      await dialogue.cancel('enough')
      return await failed
    })
    expect(error).toBeInstanceOf(ContextCancelledError)
    expect(error).toMatchObject({ canceller: caller.self, reason: 'enough' })
  })

  it('rejects if the callee returns or sends without having started', async () => {
    const { portal, run } = openMemoryActors(functions)
    const silent = await errorOf(run(() => portal.openContext('silent')))
    expect(silent.message).toBe("context function 'silent' returned without calling started()")
    expect(silent.cause).toBeInstanceOf(UsageError)
    const tooEarly = await errorOf(run(() => portal.openContext('tooEarly')))
    expect(tooEarly.message).toMatch(/sent an item before it called started\(\)/)
  })

  it('is broken on both sides when the connection is', async () => {
    const { portal, run, connection, callee } = openMemoryActors(functions)
    await run(async () => {
      const dialogue = await portal.openContext('dialogue', 0)
      const next = errorOf(dialogue.stream.next())
      connection.break()
      expect(await next).toBeInstanceOf(ChannelBrokenError)
      expect(await errorOf(dialogue.result())).toBeInstanceOf(ChannelBrokenError)
      expect(await errorOf(dialogue.stream.send('x'))).toBeInstanceOf(ChannelBrokenError)
    })
    await settle()
    expect(callee.tasks.size).toBe(0)
  })
})

describe('Leaving a context that is broken', () => {
  it.for(['send', 'next', 'result'] as const)('throws its loss once: not again after %s did', async (use) => {
    const { portal, run, connection } = openMemoryActors(functions)
    const talk = async () => {
      await using dialogue = await portal.openContext('dialogue', 0)
      connection.break()
      if (use === 'send') await dialogue.stream.send('x')
      else if (use === 'next') await dialogue.stream.next()
      else await dialogue.result()
    }
    expect(await errorOf(run(talk))).toBeInstanceOf(ChannelBrokenError)
  })
})

describe('A call in a scope whose deadline has passed', () => {
  it('does not begin', async () => {
    const { portal, run, callee } = openMemoryActors(functions)
    fakeTimeouts()
    const failed = errorOf(
      run(() =>
        failAfter(10, async () => {
          await sleep(1000).catch(() => undefined)
          await portal.run('hang')
        }),
      ),
    )
    await vi.advanceTimersByTimeAsync(10)
    expect(await failed).toBeInstanceOf(DeadlineExceededError)
    expect(callee.tasks.size).toBe(0)
  })
})
