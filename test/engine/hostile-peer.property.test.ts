import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Encoder } from '../../engine/codec.ts'
import { type Context, context } from '../../engine/context.ts'
import { ProtocolError } from '../../engine/errors.ts'
import { CallKind, type Frame, Kind, wireVersion } from '../../engine/frame.ts'
import { Portal } from '../../engine/portal.ts'
import { runInScope, sleep } from '../../engine/scope.ts'
import { openMemoryActors } from '../support/memory-actors.ts'
import { memoryConnectionPair } from '../support/memory-connection.ts'
import { errorOf } from '../support/thrown.ts'

const functions = {
  echo: (value: unknown) => value,
  hang: () => sleep(3_600_000),
  fail: () => Promise.reject(new TypeError('no')),
  *count() {
    for (let n = 0; ; n += 1) yield n
  },
  async *slowly() {
    for (let n = 0; ; n += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      yield n
    }
  },
  dialogue: context(async (ctx: Context<unknown, unknown, string>, ...args: unknown[]) => {
    await ctx.started('here')
    for await (const item of ctx.stream) await ctx.stream.send([item, args])
    return 'bye'
  }),
  silent: context(async (ctx: Context<unknown>) => {
    for await (const item of ctx.stream) await ctx.stream.send(item)
  }),
}
const names = [...Object.keys(functions), 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'then', '', 'x']

const mallory = { name: 'mallory', id: 'm1' }
const hello: Frame = [Kind.hello, 0, { version: wireVersion, actor: mallory }]

// Small numbers, so that many of them meet an open context; mallory opens the odd ones, her peer the even ones.
const ids = fc.oneof({ weight: 20, arbitrary: fc.nat(12) }, fc.constantFrom(2 ** 31, 2 ** 53 - 1))
const counts = fc.constantFrom(0, 1, 2, 100, 2 ** 53 - 1)
const values = fc.oneof(fc.integer(), fc.string(), fc.constant(undefined), fc.constant({ ['__proto__']: 1, next: 2 }))
const actors = fc.constantFrom(mallory, { name: 'callee', id: 'd1' }, { name: '', id: '' })
const errorNames = fc.constantFrom(
  'Error',
  'RangeError',
  'ChannelBrokenError',
  'RemoteActorError',
  'valueOf',
  '__proto__',
)
const errors = fc.tuple(errorNames, fc.boolean(), fc.boolean(), actors).map(([name, direct, unwinding, actor]) => {
  const fields = { peer: 5, actor: null, name: 'other', stack: 1, __proto__: null, constructor: 1 }
  const error = { name, message: 'm', stack: 's', actor, relayPath: [actor], fields, direct, unwinding }
  return { ...error, cause: error, errors: [error] }
})

/** A frame; of a `start` without an id, the id is the next one. */
const calls = fc.constantFrom(CallKind.run, CallKind.stream, CallKind.context)
const services = fc.oneof(
  { weight: 9, arbitrary: fc.constant('') },
  fc.constantFrom('actor', '__proto__', 'constructor'),
)
const deadlines = fc.constantFrom(0, -1, NaN, Infinity, 3_600_000)
const starts = fc
  .tuple(calls, services, fc.constantFrom(...names), fc.array(values, { maxLength: 3 }), counts, counts, deadlines)
  .map((parts) => [Kind.start, undefined, ...parts])
const inContext = fc.oneof(
  fc.tuple(fc.constant(Kind.credit), ids, counts, counts),
  fc.tuple(fc.constant(Kind.cancel), ids, actors, fc.string()),
  fc.tuple(fc.constant(Kind.started), ids, values),
  fc.tuple(fc.constant(Kind.yield), ids, fc.array(values, { maxLength: 5 }), counts),
  fc.tuple(fc.constant(Kind.yield), ids, fc.uint8Array({ maxLength: 50 }), counts),
  fc.tuple(fc.constant(Kind.yield), ids, fc.array(values), counts, fc.array(fc.oneof(fc.nat(), fc.string()))),
  fc.tuple(fc.constant(Kind.mark), ids, values),
  fc.tuple(fc.constant(Kind.return), ids, values),
  fc.tuple(fc.constant(Kind.error), ids, errors),
  fc.tuple(fc.constant(Kind.stop), ids),
)
const ofChannel = fc.oneof(
  fc.tuple(fc.constant(Kind.ping), ids, fc.nat()),
  fc.tuple(fc.constant(Kind.pong), ids, fc.nat()),
)
const outrageous = fc.oneof(
  fc.constant(hello),
  fc.tuple(fc.constant(Kind.proof), fc.constant(0), fc.uint8Array({ minLength: 32, maxLength: 32 })),
  fc.tuple(fc.constant(Kind.goaway), ids, fc.string()),
  starts.chain((start) => ids.map((id) => start.with(1, id))),
)
const frames = fc.oneof(
  { weight: 40, arbitrary: inContext },
  { weight: 25, arbitrary: starts },
  { weight: 5, arbitrary: ofChannel },
  { weight: 1, arbitrary: outrageous },
) as fc.Arbitrary<unknown[]>
/** What is said at once, again and again. */
const speech = fc.array(fc.array(frames, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12 })

async function settle(turns = 6): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

const uncaught: unknown[] = []
const onUncaught = (error: unknown): void => void uncaught.push(error)

beforeEach(() => {
  uncaught.length = 0
  process.on('uncaughtException', onUncaught)
  process.on('unhandledRejection', onUncaught)
})

afterEach(() => {
  process.off('uncaughtException', onUncaught)
  process.off('unhandledRejection', onUncaught)
})

/** An actor that serves `functions` to a friend, and has a channel to mallory, who says what a test wants her to. */
function openWithMallory() {
  const actors = openMemoryActors(functions)
  const { callee } = actors
  const [left, right] = memoryConnectionPair()
  left.start({ onBytes: () => undefined, onDrain: () => undefined, onClose: () => undefined })
  const channel = callee.channels.open(right, { opener: false })
  const encoder = new Encoder()
  let lastId = -1
  const say = async (...said: readonly unknown[][]) => {
    const numbered = said.map((frame) => (frame[1] === undefined ? frame.with(1, (lastId += 2)) : frame))
    left.write(encoder.encode(numbered as Frame[]))
    await settle()
  }
  return { ...actors, channel, say, leave: () => left.destroy() }
}

/** What the actor itself asks of mallory. Each ends, well or not. */
function askMallory(opened: ReturnType<typeof openWithMallory>): Promise<unknown> {
  const portal = new Portal<typeof functions>({ actor: mallory, addresses: [] })
  const stream = async () => {
    for await (const item of portal.stream('count')) void item
  }
  const dialogue = async () => {
    await using open = await portal.openContext('dialogue')
    await open.stream.send('hi')
    for await (const item of open.stream) void item
    await open.result()
  }
  const asking = () => Promise.allSettled([portal.run('echo', 1), portal.run('hang'), stream(), dialogue()])
  return runInScope(opened.callee.scope, asking)
}

describe('An actor whose peer says anything at any time', () => {
  it('lives on, serves others, and keeps nothing of it', async () => {
    await fc.assert(
      fc.asyncProperty(speech, fc.boolean(), async (flushes, asks) => {
        const opened = openWithMallory()
        const { callee, channel, portal, run, say, leave } = opened
        await say([...hello])
        const asked = asks ? askMallory(opened) : undefined
        await settle()
        for (const flush of flushes) await say(...flush)
        expect(await run(() => portal.run('echo', 'still there'))).toBe('still there')
        leave()
        await asked
        await settle()
        for (let tries = 0; tries < 50 && callee.tasks.size > 0; tries += 1) await settle()
        expect(callee.tasks.size).toBe(0)
        expect(channel.contextCount).toBe(0)
        expect(channel.gone).toBeInstanceOf(Error)
        expect([...callee.channels.channels()].map(({ peer }) => peer.name)).toEqual(['caller'])
        expect(callee.scope.reason).toBeUndefined()
        expect(await run(() => portal.run('echo', 'still there'))).toBe('still there')
        expect(uncaught).toEqual([])
      }),
      { numRuns: 300, timeout: 2_000 },
    )
  })

  it('has its event loop turn, however much she grants and takes', async () => {
    for (const name of ['count', 'slowly']) {
      const { callee, say, leave } = openWithMallory()
      await say([...hello], [Kind.start, undefined, CallKind.stream, '', name, [], 2 ** 53 - 1, 2 ** 53 - 1, 0])
      expect(callee.tasks.size).toBe(1)
      leave()
      await settle()
      expect(callee.tasks.size).toBe(0)
    }
  })

  it('does not wait for a context that she ended before it began', async () => {
    const { callee, say, leave } = openWithMallory()
    await say([...hello])
    const portal = new Portal<typeof functions>({ actor: mallory, addresses: [] })
    const opening = errorOf(runInScope(callee.scope, () => portal.openContext('dialogue')))
    await settle()
    await say([Kind.return, 2, 'bye'])
    expect(await opening).toBeInstanceOf(ProtocolError)
    leave()
    await settle()
  })

  it('answers each call once, whatever its name', async () => {
    for (const name of names.filter((each) => !Object.hasOwn(functions, each))) {
      for (const call of Object.values(CallKind)) {
        const { callee, channel, say, leave } = openWithMallory()
        await say([...hello], [Kind.start, undefined, call, '', name, [], 1, 1, 0])
        expect([callee.tasks.size, channel.contextCount, channel.gone]).toEqual([0, 0, undefined])
        leave()
        await settle()
      }
    }
    expect(uncaught).toEqual([])
  })
})
