import { once } from 'node:events'
import { chmod, chown, mkdir, readFile, rm, symlink } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { currentActor, findActor, type RunOptions, waitForActor } from '../../index.ts'
import answers from '../fixtures/actors/answers.ts'
import stalls from '../fixtures/actors/stalls.ts'
import joins from '../fixtures/programs/joins.ts'
import { endProgram, startJoining } from '../support/foreign-program.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'

const { tree, nursery, withActor, notes, processOf } = openTreeBed()

const anyPort = { listen: ['tcp://127.0.0.1:0'] } as const
const here = (): string => currentActor().addresses[0] ?? ''
const portHere = (): number => Number(here().split(':').at(-1))

/** That a good peer is let in, and answered. */
async function expectLetIn(options: RunOptions): Promise<void> {
  const program = startJoining({ name: 'welcome', registry: here(), ...options })
  expect(await (await waitForActor('welcome', joins)).run('whoAmI')).toMatchObject({ pid: program.pid })
  await endProgram(program)
}

/** How a program fails that is not let in. */
async function refusalOf(options: RunOptions): Promise<string> {
  const program = startJoining({ name: 'stranger', registry: here(), ...options })
  const { exitCode, stdout } = await program.ended
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 1 })
  expect(await findActor('stranger', joins)).toBeUndefined()
  return stdout
}

/** A connection of no actor; what it hears does not interest it. */
async function openRaw(): Promise<Socket> {
  const socket = connect(portHere(), '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket.resume()
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())))

async function certificatesOf(
  name: 'actor' | 'stranger',
  authority: string,
): Promise<{ cert: string; key: string; ca: string }> {
  const read = (file: string) => readFile(new URL(`../fixtures/certificates/${file}`, import.meta.url), 'utf8')
  const [cert, key, ca] = await Promise.all([read(`${name}.crt`), read(`${name}.key`), read(`${authority}.crt`)])
  return { cert, key, ca }
}

describe('A tree with a token', () => {
  const token = 'c2VjcmV0IG9mIGJvdGggb2YgdGhlbQ'

  it.for(['unix', 'tcp'] as const)('lets in whoever knows it (%s)', async (way) => {
    await tree(() => expectLetIn({ token }), { token, ...(way === 'tcp' ? anyPort : {}) })
  })

  it.for([
    ['another', { token: 'something else' }, "actor 'root' has another token than this one"],
    ['none', {}, "actor 'root' wants a token, and there is none here: set FLOW_TOKEN"],
  ] as const)('refuses one that has %s, which is told why, and lives on', async ([, options, why]) => {
    await tree(
      async () => {
        expect(await refusalOf(options)).toBe(`failed: FLOW_UNAUTHENTICATED ${why}\n`)
        await expectLetIn({ token })
      },
      { token, name: 'root', ...anyPort },
    )
  })

  it('has those below it know it, too', async () => {
    await withActor(
      answers,
      async () => {
        const program = startJoining({ name: 'stranger', registry: here(), token })
        const stranger = await waitForActor('stranger', joins)
        expect(await stranger.run('askFromBelow', 'stranger')).toBe('stranger')
        await endProgram(program)
      },
      { token },
    )
  })

  it('does not show it in the environment or the arguments of any process', async () => {
    await withActor(
      answers,
      async (actor) => {
        expect(await actor.run('add', 1, 2)).toBe(3)
        const { pid } = await processOf('actor')
        const seen = await Promise.all(['environ', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')))
        expect(seen.join('')).not.toContain(token)
      },
      { token },
    )
  })

  it('says to a program with one that there is none here', async () => {
    await tree(
      async () => {
        expect(await refusalOf({ token })).toBe(
          "failed: FLOW_UNAUTHENTICATED actor 'root' has no token, and this one wants it: set FLOW_TOKEN there\n",
        )
        await expectLetIn({})
      },
      { name: 'root', ...anyPort },
    )
  })

  it('cannot have an empty one', async () => {
    expect(await errorOf(tree(async () => undefined, { token: '' }))).toMatchObject({ code: 'FLOW_USAGE' })
  })
})

describe('A tree with mutual TLS', () => {
  it('works end to end with a program that has a certificate of the same authority', async () => {
    const tls = await certificatesOf('actor', 'authority')
    await tree(
      async () => {
        const program = startJoining({ name: 'secure', registry: here(), tls, ...anyPort })
        const portal = await waitForActor('secure', joins)
        let sum = 0
        for await (const n of portal.stream('count', 10_000)) sum += n
        expect(sum).toBe(49_995_000)
        expect(await portal.run('ask', 'secure')).toBe('secure')
        expect(await portal.run('askFromBelow', 'secure')).toBe('secure')
        await endProgram(program)
      },
      { tls, ...anyPort },
    )
  })

  it.for(['another authority', 'no certificate'] as const)('refuses a program with %s, and lives on', async (what) => {
    const tls = await certificatesOf('actor', 'authority')
    const stranger = await certificatesOf('stranger', 'authority')
    await tree(
      async () => {
        const refusal = await refusalOf(what === 'no certificate' ? {} : { tls: stranger })
        expect(refusal).toMatch(/^failed: FLOW_REGISTRY_UNAVAILABLE the registry 'tcp:/)
        await expectLetIn({ tls })
      },
      { tls, limits: { handshakeTimeoutMs: 2_000 }, ...anyPort },
    )
  })

  it('refuses a connection that shakes hands and shows nothing', async () => {
    const tls = await certificatesOf('actor', 'authority')
    await tree(
      async () => {
        const socket = connectTls({ host: '127.0.0.1', port: portHere(), ca: tls.ca, minVersion: 'TLSv1.3' })
        let why = ''
        socket.on('error', (error) => {
          why = error.message
        })
        await closed(socket.resume())
        expect(why).toContain('certificate required')
        await expectLetIn({ tls })
      },
      { tls, ...anyPort },
    )
  })

  it('is not taken for one that belongs to a stranger', async () => {
    const tls = await certificatesOf('stranger', 'stranger-authority')
    const wanted = await certificatesOf('actor', 'authority')
    await tree(
      async () => {
        expect(await refusalOf({ tls: wanted })).toMatch(/^failed: FLOW_REGISTRY_UNAVAILABLE .*certificate/)
      },
      { tls, ...anyPort },
    )
  })
})

describe('A listener', () => {
  it.for(['tcp://0.0.0.0:0', 'tcp://[::]:0'])(
    'beyond this host (%s) is refused without a token or TLS',
    async (address) => {
      const error = await errorOf(tree(async () => undefined, { listen: [address] }))
      expect(error).toMatchObject({ code: 'FLOW_USAGE', message: expect.stringContaining('set a token (FLOW_TOKEN)') })
      const listened = await tree(async () => here(), { listen: [address], token: 'a secret' })
      expect(listened).not.toMatch(/:0$/)
    },
  )

  it('beyond this host is refused to an actor below just the same', async () => {
    const everywhere = { listen: ['tcp://0.0.0.0:0'] }
    const refused = await errorOf(nursery((nursery) => nursery.startActor('below', answers, everywhere)))
    expect(refused).toMatchObject({ code: 'FLOW_SPAWN', message: expect.stringContaining('set a token (FLOW_TOKEN)') })
    await nursery(
      async (nursery) => {
        const below = await nursery.startActor('below', answers, everywhere)
        expect(await below.run('add', 1, 2)).toBe(3)
        await below.cancelActor()
      },
      { token: 'a secret' },
    )
  })

  it('drops a connection that does not say who it is in time', async () => {
    await tree(
      async () => {
        const sockets = await Promise.all([openRaw(), openRaw()])
        await Promise.all(sockets.map(closed))
        await expectLetIn({})
      },
      { ...anyPort, limits: { handshakeTimeoutMs: 1_000 } },
    )
  })

  it('holds no more of them than it may: others are dropped at once, and let in when there is room again', async () => {
    await tree(
      async () => {
        const held = await Promise.all([openRaw(), openRaw(), openRaw()])
        const refused = await openRaw()
        await closed(refused)
        expect(held.map((socket) => socket.closed)).toEqual([false, false, false])
        for (const socket of held) socket.destroy()
        await Promise.all(held.map(closed))
        await expectLetIn({})
      },
      { ...anyPort, limits: { maxHandshakeCount: 3, handshakeTimeoutMs: 60_000 } },
    )
  })

  it.for([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a greeting of SSH', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')],
    ['a frame over the limit', Buffer.from([0x7f, 0xff, 0xff, 0xff])],
    ['bytes that mean nothing', Buffer.from([0, 0, 0, 4, 0xc1, 0xc1, 0xc1, 0xc1])],
    ['an empty frame', Buffer.from([0, 0, 0, 0])],
    ['a number in place of frames', Buffer.from([0, 0, 0, 1, 0x2a])],
    ['a call before any greeting', Buffer.from([0, 0, 0, 4, 0x91, 0x92, 1, 0])],
  ] as const)('drops a connection that sends %s, and lives on', async ([, bytes]) => {
    await tree(
      async () => {
        const socket = await openRaw()
        socket.write(bytes)
        await closed(socket)
        await expectLetIn({})
      },
      { ...anyPort, limits: { handshakeTimeoutMs: 60_000 } },
    )
  })
})

describe('An actor', () => {
  it('takes no more open calls from one peer than it may; the others go on', async () => {
    await withActor(
      stalls,
      async (actor) => {
        const held = await Promise.all([1, 2, 3].map(() => actor.openContext('hold')))
        const over = [actor.run('processId'), actor.stream('countAndWait', 1).next(), actor.openContext('hold')]
        const limit = { code: 'FLOW_CONTEXT_LIMIT', actor: actor.actor, limitCount: 3 }
        for (const error of await Promise.all(over.map((call) => errorOf(call)))) expect(error).toMatchObject(limit)
        for (const each of held) {
          await each.stream.send(7)
          expect(await each.stream.next()).toMatchObject({ value: 7 })
        }
        await held[0]?.cancel()
        expect(await actor.run('processId')).toBe((await processOf('actor')).pid)
        await Promise.all(held.map((each) => each.cancel()))
      },
      { limits: { maxContextCount: 3 } },
    )
  })

  it.for(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', '', 'boot'])(
    "does not expose '%s'",
    async (name) => {
      await withActor(answers, async (actor) => {
        const open = actor as unknown as {
          run(name: string): Promise<unknown>
          stream(name: string): AsyncIterator<unknown>
          openContext(name: string): Promise<unknown>
        }
        const notExposed = { code: 'FLOW_NOT_EXPOSED', functionName: name }
        expect(await errorOf(open.run(name))).toMatchObject(notExposed)
        expect(await errorOf(open.stream(name).next())).toMatchObject(notExposed)
        expect(await errorOf(open.openContext(name))).toMatchObject(notExposed)
      })
    },
  )
})

describe('A run directory', () => {
  const used = (runDirectory: string) => tree(async () => here(), { runDirectory })

  it('that is there already, and only ours to enter, is taken and left as it is', async () => {
    const path = notes('ours')
    await mkdir(path, { mode: 0o700 })
    expect(await used(path)).toBe(`unix:${path}/root.sock`)
    await rm(path, { recursive: true })
  })

  it.for([
    ['is a symbolic link', 'link', async (path: string) => await symlink(notes('target'), path)],
    ['may be entered by its group', 'group', async (path: string) => await chmod(path, 0o750)],
    ['may be read by anybody', 'others', async (path: string) => await chmod(path, 0o704)],
  ] as const)('that %s is refused', async ([, name, spoil]) => {
    const path = notes(name)
    await mkdir(name === 'link' ? notes('target') : path, { mode: 0o700 })
    await spoil(path)
    expect(await errorOf(used(path))).toMatchObject({ code: 'FLOW_USAGE', message: expect.stringContaining(path) })
  })

  it.runIf(process.getuid?.() === 0)('that belongs to somebody else is refused', async () => {
    const path = notes('not-ours')
    await mkdir(path, { mode: 0o700 })
    await chown(path, 65_534, 65_534)
    expect(await errorOf(used(path))).toMatchObject({ code: 'FLOW_USAGE', message: expect.stringContaining('65534') })
  })
})
