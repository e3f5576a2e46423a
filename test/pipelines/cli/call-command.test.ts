import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import {
  currentSignal,
  DeadlineExceededError,
  NotExposedError,
  RegistryUnavailableError,
  RemoteActorError,
} from '../../../engine/index.ts'
import { type CallCommandOptions, callCommand, streamCommand } from '../../../pipelines/cli/call-command.ts'
import type { GuestPortal } from '../../../pipelines/cli/guest.ts'
import { describeRefusal } from '../../../pipelines/cli/refusal.ts'
import { guestBed, type KnownActor, registrationOf } from './guest-bed.ts'

const frank = { name: 'frank', id: 'frank-id' }

/** An actor whose every function is that one. */
function answers(run: (name: string, ...args: unknown[]) => unknown, more = {}): KnownActor {
  const portal = { run: async (name: string, ...args: unknown[]) => run(name, ...args) } as Partial<GuestPortal>
  return { registration: registrationOf('frank', more), portal }
}

async function call(actors: KnownActor[], args: string[], options: CallCommandOptions = {}, environment = {}) {
  const bed = await guestBed(actors, environment)
  const [who = '', functionName = '', ...rest] = args
  const exitCode = await callCommand({ who, functionName, args: rest }, options, bed.host)
  return { ...bed, exitCode, ...bed.written }
}

describe('flow call', () => {
  it('prints the result as a line of JSON, and leaves', async () => {
    const echo = answers((name, ...args) => ({ name, args }))
    const { exitCode, stdout, stderr, joined, left } = await call([echo], ['frank', 'echo', '1', '"a"', '{"b":null}'])
    expect(stdout).toBe('{"name":"echo","args":[1,"a",{"b":null}]}\n')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(joined).toEqual(['unix:/run/registry.sock'])
    expect(left()).toBe(1)
  })

  it('asks the registry that it is told, and else that of the environment', async () => {
    const { joined } = await call([answers(() => 1)], ['frank', 'f'], { registry: 'tcp://there:1' })
    expect(joined).toEqual(['tcp://there:1'])
  })

  it.for([undefined, 'embedded'])('says what a registry is when it has none: %s', async (registry) => {
    const bed = await guestBed()
    const { FLOW_REGISTRY: _, ...environment } = bed.host.environment
    const options = registry === undefined ? {} : { registry }
    const exitCode = await callCommand({ who: 'x', functionName: 'y', args: [] }, options, { ...bed.host, environment })
    expect(bed.written.stderr).toMatch(
      /^flow: which registry\?.*FLOW_REGISTRY.*redis:.*unix:\/path.*flow dump[^\n]*\n$/,
    )
    expect({ exitCode, joined: bed.joined }).toEqual({ exitCode: 2, joined: [] })
  })

  it('joins nobody when an argument is not JSON', async () => {
    const { exitCode, stderr, joined } = await call([answers(() => 1)], ['frank', 'f', '1', 'two\u001b[2J'])
    expect(stderr).toMatch(/^flow: argument 2 is not JSON: two\ufffd\[2J \(.*quote it twice.*\)\n$/)
    expect({ exitCode, joined }).toEqual({ exitCode: 2, joined: [] })
  })

  it('finds an actor by its id, too', async () => {
    expect(await call([answers(() => 7)], ['frank-id', 'f'])).toMatchObject({ exitCode: 0, stdout: '7\n' })
  })

  it('chooses by capabilities, and says that nobody has them', async () => {
    const plain = answers(() => 'plain')
    const able = answers(() => 'able', { actor: { name: 'frank', id: 'other' }, capabilities: { gpu: true } })
    const options = { capability: { gpu: true } }
    expect(await call([able, plain], ['frank', 'f'], options)).toMatchObject({ exitCode: 0, stdout: '"able"\n' })
    const { exitCode, stderr } = await call([plain], ['frank', 'f'], options)
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "flow: no actor called 'frank' has gpu=true\n" })
  })

  it('says who is there when nobody has that name', async () => {
    const others = ['b', 'a', 'b'].map((name, index) => ({
      registration: registrationOf(name, { actor: { name, id: String(index) } }),
    }))
    const some = await call(others, ['frank', 'f'])
    expect(some).toMatchObject({ exitCode: 1, stderr: "flow: no actor has the name or id 'frank'; there is a, b\n" })
    const none = await call([], ['frank', 'f'])
    expect(none.stderr).toBe("flow: no actor has the name or id 'frank'; nobody is registered\n")
  })

  it.for([
    [
      new RemoteActorError('not \u001b[2J this', {
        actor: { name: 'donny', id: 'd' },
        remoteName: 'RangeError',
        remoteStack: '',
        relayPath: [frank],
        fields: {},
      }),
      'donny (d) threw RangeError: not \ufffd[2J this, passed on by frank (frank-id)',
    ],
    [new DeadlineExceededError(500), "'f' of frank (frank-id) is not done within 500 ms"],
    [new NotExposedError(frank, 'f', "does not expose 'f'"), "frank (frank-id) does not expose 'f'; it has cellarDoor"],
    [
      new NotExposedError(frank, 'f', "exposes 'f' as a generator: use portal.stream"),
      "actor 'frank' exposes 'f' as a generator: use flow stream for 'f'",
    ],
    [
      new RegistryUnavailableError('redis://there', 'connect ECONNREFUSED'),
      "the registry 'redis://there' is not available: connect ECONNREFUSED",
    ],
  ] as const)('ends with 1 and one line for %s', async ([error, line]) => {
    const fails = answers(() => {
      throw error
    })
    const { exitCode, stdout, stderr, left } = await call([fails], ['frank', 'f'], { timeout: 500 })
    expect(stderr).toBe(`flow: ${line}\n`)
    expect({ exitCode, stdout, left: left() }).toEqual({ exitCode: 1, stdout: '', left: 1 })
  })

  it('says that an address is not that of a registry', () => {
    const error = new NotExposedError(frank, 'findAll', "does not expose 'registry.findAll'")
    expect(describeRefusal(error)).toMatch(/^frank \(frank-id\) holds no registry: /)
  })

  it('ends at once when ctrl-c comes before it has joined, or a second time', async () => {
    const bed = await guestBed([])
    const joining = Promise.withResolvers<never>()
    const host = { ...bed.host, join: () => joining.promise }
    const ended = callCommand({ who: 'frank', functionName: 'f', args: [] }, {}, host)
    bed.pressCtrlC()
    expect(bed.exits).toEqual([130])
    joining.reject(new RegistryUnavailableError('x', 'nobody is there'))
    expect(await ended).toBe(130)
  })

  it('cancels the call at ctrl-c, leaves, and ends with 130', async () => {
    const called = Promise.withResolvers<void>()
    const waits = answers(async () => {
      const signal = currentSignal()
      called.resolve()
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    })
    const bed = await guestBed([waits])
    const ended = callCommand({ who: 'frank', functionName: 'f', args: [] }, {}, bed.host)
    await called.promise
    bed.pressCtrlC()
    expect(await ended).toBe(130)
    expect({ ...bed.written, left: bed.left(), exits: bed.exits }).toEqual({
      stdout: '',
      stderr: '',
      left: 1,
      exits: [130],
    })
  })
})

describe('flow stream', () => {
  /** An actor whose stream gives these batches; says when it is left. */
  function streams(batches: readonly (readonly unknown[])[], log: string[], failure?: Error): KnownActor {
    async function* given() {
      try {
        for (const batch of batches) yield batch
        if (failure !== undefined) throw failure
      } finally {
        log.push('left')
      }
    }
    const portal = { stream: () => ({ batches: given }) } as unknown as Partial<GuestPortal>
    return { registration: registrationOf('frank'), portal }
  }

  it('prints a line an item, and ends with 0', async () => {
    const bed = await guestBed([streams([[1, 'two'], [{ three: 3n }]], [])])
    expect(await streamCommand({ who: 'frank', functionName: 'f', args: [] }, {}, bed.host)).toBe(0)
    expect(bed.written).toEqual({ stdout: '1\n"two"\n{"three":"3"}\n', stderr: '' })
  })

  it('leaves the stream when its reader has gone, which is no failure', async () => {
    const log: string[] = []
    const bed = await guestBed([streams([[1], [2], [3], [4]], log)])
    let lines = 0
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        lines += 1
        done(lines > 2 ? Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }) : null)
      },
    })
    const code = await streamCommand({ who: 'frank', functionName: 'f', args: [] }, {}, { ...bed.host, stdout })
    expect({ code, lines, log, stderr: bed.written.stderr }).toEqual({ code: 0, lines: 3, log: ['left'], stderr: '' })
  })

  it('takes no more than is read', async () => {
    const log: string[] = []
    let taken = 0
    async function* counts() {
      for (;;) yield [(taken += 1)]
    }
    const portal = { stream: () => ({ batches: counts }) } as unknown as Partial<GuestPortal>
    const bed = await guestBed([{ registration: registrationOf('frank'), portal }])
    const stuck = Promise.withResolvers<void>()
    const stdout = new Writable({
      write(chunk) {
        log.push(String(chunk))
        stuck.resolve()
      },
    })
    const ended = streamCommand({ who: 'frank', functionName: 'f', args: [] }, {}, { ...bed.host, stdout })
    await stuck.promise
    expect({ taken, log }).toEqual({ taken: 1, log: ['1\n'] })
    bed.pressCtrlC()
    expect(await ended).toBe(130)
    expect(taken).toBe(1)
  })

  it('prints what came before an error, and ends with 1', async () => {
    const bed = await guestBed([streams([[1]], [], new RegistryUnavailableError('x', 'it left'))])
    expect(await streamCommand({ who: 'frank', functionName: 'f', args: [] }, {}, bed.host)).toBe(1)
    expect(bed.written).toEqual({ stdout: '1\n', stderr: "flow: the registry 'x' is not available: it left\n" })
  })
})
