import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { currentActor, findActor, getRegistry, type Portal, type RunOptions, waitForActor } from '../../index.ts'
import lives from '../fixtures/actors/lives.ts'
import joins from '../fixtures/programs/joins.ts'
import { addressesOf, endProgram, startJoining, startWith } from '../support/foreign-program.ts'
import { type Program, startProgram } from '../support/program.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

const { tree, nursery, notes, processes } = openTreeBed()

const here = (): string => currentActor().addresses[0] ?? ''

const nobodyIsCalled = (name: string) =>
  waitUntil(async () => (await findActor(name, joins)) === undefined, {
    describe: async () => await (await getRegistry()).list(),
  })

/** A run directory that outlives whoever uses it: one that is killed cannot tidy up. */
function makeOwnDirectory(name: string): string {
  directory = mkdtempSync(notes(`${name}-`))
  return directory
}
let directory: string | undefined

afterEach(() => {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
  directory = undefined
})

const ways: Record<'unix' | 'tcp', RunOptions> = { unix: {}, tcp: { listen: ['tcp://127.0.0.1:0'] } }

describe.for(['unix', 'tcp'] as const)('A program that joins a tree over %s', (way) => {
  const withStranger = (use: (portal: Portal<typeof joins.functions>, program: Program) => Promise<void>) =>
    tree(async () => {
      const program = startJoining({ name: 'stranger', registry: here(), ...ways[way] })
      await use(await waitForActor('stranger', joins), program)
      if ((await processes()).some(({ pid }) => pid === program.pid)) await endProgram(program)
    }, ways[way])

  it('is found by its name, listens as it was told to, and answers', async () => {
    await withStranger(async (portal, program) => {
      expect(await addressesOf(program)).toEqual([expect.stringMatching(way === 'tcp' ? /^tcp:\/\/127/ : /^unix:\//)])
      expect(await portal.run('whoAmI')).toEqual({ name: 'stranger', pid: program.pid })
    })
  })

  it('streams both ways', async () => {
    await withStranger(async (portal) => {
      let sum = 0
      for await (const n of portal.stream('count', 20_000)) sum += n
      expect(sum).toBe(199_990_000)

      const context = await portal.openContext('double')
      const doubles: number[] = []
      const reading = async () => {
        for await (const n of context.stream) doubles.push(n)
      }
      const read = reading()
      for (let n = 0; n < 10_000; n += 1) await context.stream.send(n)
      await context.stream.close()
      await read
      expect(await context.result()).toBe(10_000)
      expect(doubles).toEqual(Array.from({ length: 10_000 }, (_, n) => n * 2))
    })
  })

  it('finds the actors of the tree, and so do those below it', async () => {
    await nursery(async (nursery) => {
      const program = startJoining({ name: 'stranger', registry: here(), ...ways[way] })
      const portal = await waitForActor('stranger', joins)
      const native = await nursery.startActor('native', joins)
      expect(await portal.run('ask', 'native')).toBe('native')
      expect(await portal.run('askFromBelow', 'native')).toBe('native')
      expect(await native.run('ask', 'stranger')).toBe('stranger')
      await native.cancelActor()
      await endProgram(program)
    }, ways[way])
  })

  it('is gone from the registry when it ends', async () => {
    await withStranger(async (portal, program) => {
      const waiting = errorOf(portal.run('wait'))
      await endProgram(program)
      await nobodyIsCalled('stranger')
      expect(await program.ended).toMatchObject({ signal: 'SIGTERM', stderr: '' })
      expect(await waiting).toMatchObject({ code: expect.stringMatching(/FLOW_CONTEXT_CANCELLED|FLOW_CHANNEL_BROKEN/) })
    })
  })

  it('is gone from the registry when it is killed, and its callers are told at once', async () => {
    await tree(async () => {
      const runDirectory = makeOwnDirectory('killed')
      const program = startJoining({ name: 'stranger', registry: here(), runDirectory, ...ways[way] })
      const portal = await waitForActor('stranger', joins)
      const waiting = errorOf(portal.run('wait'))
      expect(await portal.run('whoAmI')).toMatchObject({ pid: program.pid })
      program.kill('SIGKILL')
      expect(await waiting).toMatchObject({ code: 'FLOW_CHANNEL_BROKEN', frozen: false, peer: { name: 'stranger' } })
      await nobodyIsCalled('stranger')
      expect(await errorOf(portal.run('whoAmI'))).toMatchObject({ code: 'FLOW_CHANNEL_BROKEN' })
    }, ways[way])
  })
})

describe('A program that joins a tree', () => {
  it('takes the address of its registry from FLOW_REGISTRY', async () => {
    await tree(async () => {
      const program = startWith({ FLOW_REGISTRY: here() }, 'joins.ts', JSON.stringify({ name: 'stranger' }))
      expect(await (await waitForActor('stranger', joins)).run('whoAmI')).toMatchObject({ pid: program.pid })
      await endProgram(program)
    })
  })

  it.for([
    ['unix:/nowhere/at-all.sock', /'unix:\/nowhere\/at-all\.sock' is not available: .*ENOENT/],
    ['tcp://127.0.0.1:1', /'tcp:\/\/127\.0\.0\.1:1' is not available: .*ECONNREFUSED/],
  ] as const)('says that the registry cannot be reached, and where that is (%s)', async ([registry, message]) => {
    const program = startJoining({ name: 'stranger', registry })
    const { exitCode, stdout } = await program.ended
    expect({ exitCode, stdout }).toEqual({
      exitCode: 1,
      stdout: expect.stringMatching(/^failed: FLOW_REGISTRY_UNAVAILABLE/),
    })
    expect(stdout).toMatch(message)
  })

  it('says so where it is no address of a registry at all', async () => {
    const program = startJoining({ name: 'stranger', registry: 'etcd://127.0.0.1:1' })
    expect(await program.ended).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(
        /^failed: FLOW_USAGE 'etcd:\/\/127\.0\.0\.1:1' is no address of a registry: it must be/,
      ),
    })
  })

  it('says so too where somebody listens at the address who is no actor', async () => {
    const server = createServer((socket) => void socket.resume().end('SSH-2.0-of-something-else\r\n')).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const program = startJoining({ name: 'stranger', registry: `tcp://127.0.0.1:${port}` })
    expect(await program.ended).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^failed: FLOW_/) })
    await new Promise((resolve) => server.close(resolve))
  })

  it('does not take the tree along when it ends, nor its own actors over from there', async () => {
    await nursery(async (nursery) => {
      const native = await nursery.startActor('native', lives)
      const program = startJoining({ name: 'stranger', registry: here() })
      await waitForActor('stranger', joins)
      await endProgram(program)
      expect((await native.run('self')).id).toBe(native.actor.id)
      await native.cancelActor()
    })
  })

  it('and only asks ends by itself', async () => {
    await nursery(async (nursery) => {
      const native = await nursery.startActor('native', joins)
      const program = startJoining({ name: 'asking', registry: here() }, 'ask', 'native')
      expect(await program.ended).toMatchObject({
        exitCode: 0,
        stderr: '',
        stdout: expect.stringMatching(/\nit is native\n$/),
      })
      await native.cancelActor()
    })
  })
})

describe('A program that is no actor', () => {
  it('finds an actor, asks it, and ends by itself', async () => {
    await nursery(async (nursery) => {
      const native = await nursery.startActor('native', joins)
      const programs = [startWith({ FLOW_REGISTRY: here() }, 'looks-up.ts', 'native')]
      programs.push(startWith({ FLOW_REGISTRY: here() }, 'looks-up.ts', 'whoever'))
      const endings = await Promise.all(programs.map(({ ended }) => ended))
      expect(endings).toEqual([
        { exitCode: 0, signal: null, stdout: 'it is native\n', stderr: '' },
        { exitCode: 0, signal: null, stdout: 'nobody\n', stderr: '' },
      ])
      expect((await (await getRegistry()).list()).map(({ actor }) => actor.name).toSorted()).toEqual(['native', 'root'])
      await native.cancelActor()
    })
  })

  it('that looks for somebody on its own finds nobody, and ends', async () => {
    const program = startProgram('looks-up.ts', 'whoever')
    expect(await program.ended).toEqual({ exitCode: 0, signal: null, stdout: 'nobody\n', stderr: '' })
  })

  it('says that the registry cannot be reached, and ends', async () => {
    const program = startWith({ FLOW_REGISTRY: 'unix:/nowhere/at-all.sock' }, 'looks-up.ts', 'whoever')
    expect(await program.ended).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^failed: FLOW_REGISTRY_UNAVAILABLE .*\/nowhere\/at-all\.sock/),
    })
  })
})
