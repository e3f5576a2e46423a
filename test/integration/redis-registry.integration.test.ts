import { mkdtempSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import {
  currentActor,
  findActor,
  findActors,
  getRegistry,
  type LedgerEntry,
  NameTakenError,
  openNursery,
  waitForActor,
  watchActors,
} from '../../index.ts'
import answers from '../fixtures/actors/answers.ts'
import finds from '../fixtures/actors/finds.ts'
import joins from '../fixtures/programs/joins.ts'
import { addressesOf, endProgram, startJoining, startWith } from '../support/foreign-program.ts'
import { startProgram } from '../support/program.ts'
import { openRedisBed } from '../support/redis-bed.ts'
import { openRedisServer } from '../support/redis-server.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

const { tree, nursery, processOf, notes } = openTreeBed()
const { address, expectNoKeys, expectKeysGone } = openRedisBed()

// Long enough for a busy machine to renew it in time, and short enough to wait for its end.
const leaseMs = 1_000

async function ledgerOf(actor: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for await (const entry of (await getRegistry()).readLedger({ actor })) entries.push(entry)
  return entries
}

/** A run directory that outlives whoever uses it: one that is killed cannot tidy up. */
const ownDirectory = () => mkdtempSync(notes('killed-'))

const expectNobodyCalled = (name: string) =>
  waitUntil(async () => (await findActor(name, joins)) === undefined, {
    describe: async () => await (await getRegistry()).list(),
  })

describe('A tree with its registry on Redis', () => {
  afterEach(expectNoKeys)

  it('lets the root, a sibling and a grandchild find an actor, in every flavour', async () => {
    await nursery(
      async (nursery) => {
        const [adder, finder, threaded, inline] = await Promise.all([
          nursery.startActor('adder', answers),
          nursery.startActor('finder', finds),
          nursery.startActor('threaded', finds, { spawn: 'thread' }),
          nursery.startActor('inline', finds, { spawn: 'inline' }),
        ])
        expect(await (await findActor('adder', answers))?.run('add', 1, 2)).toBe(3)
        expect(await findActor('nobody', answers)).toBeUndefined()
        for (const each of [finder, threaded, inline]) {
          expect(await each.run('askForSum', 'adder', 3, 4)).toBe(7)
          expect(await each.run('askForSum', 'nobody', 1, 1)).toBeUndefined()
        }
        expect(await finder.run('askFromBelow', 'adder', 5, 6)).toBe(11)
        const names = (await (await getRegistry()).list()).map(({ actor }) => actor.name)
        expect(names.toSorted()).toEqual(['adder', 'finder', 'inline', 'root', 'threaded'])
        await Promise.all([adder, finder, threaded, inline].map((portal) => portal.cancelActor()))
      },
      { registry: address() },
    )
  })

  it('lets programs find each other that know only the registry, and stream', async () => {
    const registry = address()
    await tree(
      async () => {
        const program = startWith({ FLOW_REGISTRY: registry }, 'joins.ts', JSON.stringify({ name: 'stranger' }))
        const portal = await waitForActor('stranger', joins)
        expect(await portal.run('whoAmI')).toEqual({ name: 'stranger', pid: program.pid })
        let sum = 0
        for await (const n of portal.stream('count', 20_000)) sum += n
        expect(sum).toBe(199_990_000)
        expect(await portal.run('ask', 'stranger')).toBe('stranger')
        expect(await portal.run('askFromBelow', 'stranger')).toBe('stranger')
        await endProgram(program)
        await expectNobodyCalled('stranger')
      },
      { registry },
    )
  })

  it('lets a program that is no actor find one, and end by itself', async () => {
    const registry = address()
    await tree(
      async () => {
        await openNursery(async (nursery) => {
          const native = await nursery.startActor('native', joins)
          const program = startWith({ FLOW_REGISTRY: registry }, 'looks-up.ts', 'native')
          expect(await program.ended).toEqual({ exitCode: 0, signal: null, stdout: 'it is native\n', stderr: '' })
          await native.cancelActor()
        })
      },
      { registry },
    )
  })

  it('passes over one that has died, and takes it out', async () => {
    const registry = address()
    await nursery(
      async (nursery) => {
        const older = await nursery.startActor('same', joins)
        const program = startJoining({ name: 'same', registry, runDirectory: ownDirectory() })
        await addressesOf(program)
        await waitUntil(async () => (await findActors('same', joins)).length === 2, { describe: program.output })
        program.kill('SIGKILL')
        await program.ended
        expect((await findActor('same', joins))?.actor).toEqual(older.actor)
        expect((await findActors('same', joins)).map(({ actor }) => actor)).toEqual([older.actor])
        expect(await (await getRegistry()).findAll('same')).toHaveLength(1)
        expect((await ledgerOf('same')).at(-1)).toMatchObject({
          kind: 'expired',
          why: expect.stringMatching(/^nobody answers/),
        })
        await older.cancelActor()
      },
      { registry },
    )
  })

  it('writes into the ledger what becomes of an actor', async () => {
    await tree(
      async () => {
        const events = async () => (await ledgerOf('worker')).map(({ kind }) => kind)
        await openNursery(
          async (nursery) => {
            const worker = await nursery.startActor('worker', answers)
            process.kill((await processOf('worker')).pid, 'SIGKILL')
            await waitUntil(async () => (await events()).includes('restarted'), { describe: events })
            await worker.cancelActor()
          },
          { restart: 'on-failure', backoff: { initialMs: 1 } },
        )
        expect(await events()).toEqual([
          'registered',
          'started',
          'expired',
          'failed',
          'registered',
          'restarted',
          'left',
        ])
      },
      { registry: address() },
    )
  })

  it('does not show its password in the environment or the arguments of any process', async () => {
    const password = 'c2VjcmV0IG9mIHRoZSByZWdpc3RyeQ'
    const server = await openRedisServer({ password })
    await nursery(
      async (nursery) => {
        const actor = await nursery.startActor('actor', answers)
        const { pid } = await processOf('actor')
        const seen = await Promise.all(['environ', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')))
        expect(seen.join('')).not.toContain(password)
        expect(await actor.run('environment', 'FLOW_REGISTRY')).toBeUndefined()
        expect((await findActor('actor', answers))?.actor).toEqual(actor.actor)
        await actor.cancelActor()
      },
      { registry: server.url },
    )
    await server.close()
  })

  it('chooses among several by what they can do, by nearness, and in turn', async () => {
    await nursery(
      async (nursery) => {
        const start = (zone: string, spawn: 'process' | 'inline') =>
          nursery.startActor('worker', answers, { spawn, capabilities: { zone, gpu: zone === 'eu' } })
        const eu = await start('eu', 'process')
        const here = await start('us', 'inline')
        const us = await start('us', 'process')
        const chosen = async (options: Parameters<typeof findActor>[2]) =>
          (await findActor('worker', answers, options))?.actor
        expect(await chosen({ capabilities: { gpu: true, zone: 'eu' } })).toEqual(eu.actor)
        expect(await chosen({ capabilities: { gpu: true, zone: 'us' } })).toBeUndefined()
        expect(await chosen({})).toEqual(us.actor)
        expect(await chosen({ select: 'nearest' })).toEqual(here.actor)
        const turns: unknown[] = []
        for (let n = 0; n < 6; n += 1) turns.push(await chosen({ select: 'round-robin' }))
        expect(turns).toEqual([eu, here, us, eu, here, us].map(({ actor }) => actor))
        expect([eu, here, us].map(({ actor }) => actor)).toContainEqual(await chosen({ select: 'any' }))
        const waiting = await waitForActor('worker', answers, { capabilities: { zone: 'eu' } })
        expect(waiting.actor).toEqual(eu.actor)
        await Promise.all([eu, here, us].map((portal) => portal.cancelActor()))
      },
      { registry: address() },
    )
  })
})

describe('A unique name on Redis', () => {
  afterEach(expectNoKeys)

  it('is refused to a second actor, with who has it', async () => {
    await nursery(
      async (nursery) => {
        const one = await nursery.startActor('one', answers, { unique: true })
        const error = await errorOf(nursery.startActor('one', answers, { unique: true }))
        expect(error).toBeInstanceOf(NameTakenError)
        expect(error).toMatchObject({ holder: { ...one.actor, pid: (await processOf('one')).pid } })
        await one.cancelActor()
        await (await nursery.startActor('one', answers, { unique: true })).cancelActor()
      },
      { registry: address() },
    )
  })

  it('is had again by an actor that its nursery starts again', async () => {
    await nursery(
      async () => {
        await openNursery(
          async (nursery) => {
            const one = await nursery.startActor('one', answers, { unique: true })
            const before = (await (await getRegistry()).find('one'))?.fence ?? Number.NaN
            process.kill((await processOf('one')).pid, 'SIGKILL')
            await waitUntil(async () => (await (await getRegistry()).find('one'))?.fence !== before, {
              describe: () => ledgerOf('one'),
            })
            const after = await waitForActor('one', answers)
            expect((await (await getRegistry()).find('one'))?.fence).toBeGreaterThan(before)
            expect((await after.run('whoAmI')).pid).toBe((await one.run('whoAmI')).pid)
            await one.cancelActor()
          },
          { restart: 'on-failure', maxRestarts: 1, backoff: { initialMs: 1 } },
        )
      },
      { registry: address() },
    )
  })

  it('is lost by a program that stood still for longer than its lease, which ends', async () => {
    const registry = address({ leaseMs })
    await tree(
      async () => {
        const sleeper = startJoining({ name: 'one', unique: true, registry })
        await waitForActor('one', joins)
        sleeper.freeze()
        await waitUntil(async () => (await (await getRegistry()).find('one')) === undefined, {
          describe: () => ledgerOf('one'),
        })
        const heir = startJoining({ name: 'one', unique: true, registry })
        expect((await (await waitForActor('one', joins)).run('whoAmI')).pid).toBe(heir.pid)
        sleeper.thaw()
        const { exitCode, stdout } = await sleeper.ended
        expect({ exitCode, stdout }).toEqual({
          exitCode: 1,
          stdout: expect.stringMatching(/\nfailed: FLOW_LEASE_LOST/),
        })
        expect((await (await waitForActor('one', joins)).run('whoAmI')).pid).toBe(heir.pid)
        await endProgram(heir)
        await expectNobodyCalled('one')
      },
      { registry },
    )
  })

  it('is lost by an actor that stood still, whose nursery is told why it ended', async () => {
    await tree(
      async () => {
        const error = await errorOf(
          openNursery(async (nursery) => {
            await nursery.startActor('one', answers, { unique: true })
            const { pid } = await processOf('one')
            process.kill(pid, 'SIGSTOP')
            await waitUntil(async () => (await (await getRegistry()).find('one')) === undefined, {
              describe: () => ledgerOf('one'),
            })
            process.kill(pid, 'SIGCONT')
          }),
        )
        expect(error).toMatchObject({
          code: 'FLOW_ACTOR_EXIT',
          exitCode: 1,
          cause: { goodbye: expect.stringMatching(/^LeaseLostError: the lease on 'one' is lost/) },
        })
      },
      { registry: address({ leaseMs }) },
    )
  })

  it('is free when the lease of a program that was killed has run out, for one who waits for it', async () => {
    const registry = address({ leaseMs })
    await tree(
      async () => {
        const program = startJoining({ name: 'one', unique: true, registry, runDirectory: ownDirectory() })
        await waitForActor('one', joins)
        program.kill('SIGKILL')
        await program.ended
        await waitUntil(async () => (await (await getRegistry()).find('one')) === undefined, {
          describe: () => ledgerOf('one'),
        })
        const heir = startJoining({ name: 'one', unique: true, registry })
        expect((await (await waitForActor('one', joins)).run('whoAmI')).pid).toBe(heir.pid)
        await endProgram(heir)
      },
      { registry },
    )
  })
})

describe('A lease on Redis', () => {
  it('is taken again by a program that stood still, if others may have the name', async () => {
    const registry = address({ leaseMs })
    await tree(
      async () => {
        const program = startJoining({ name: 'sleeper', registry })
        await waitForActor('sleeper', joins)
        const changes = watchActors('sleeper')
        expect((await changes.next()).value?.kind).toBe('came')
        program.freeze()
        expect((await changes.next()).value?.kind).toBe('left')
        program.thaw()
        expect((await changes.next()).value?.kind).toBe('came')
        await changes.return(undefined)
        expect((await (await waitForActor('sleeper', joins)).run('whoAmI')).pid).toBe(program.pid)
        await endProgram(program)
      },
      { registry },
    )
    await expectNoKeys()
  })

  it('ends with its program when that is killed, and nothing is left of it', async () => {
    const registry = address({ leaseMs })
    const program = startJoining({ name: 'crashes', unique: true, registry, runDirectory: ownDirectory() })
    await addressesOf(program)
    program.kill('SIGKILL')
    await program.ended
    await expectKeysGone()
  })
})

describe('A program with its registry on Redis', () => {
  it('says within five seconds that there is none, and where that was, without the password', async () => {
    const program = startJoining({ registry: 'redis://me:secret@127.0.0.1:1/?namespace=none' })
    const { exitCode, stdout } = await program.ended
    expect({ exitCode, stdout }).toEqual({
      exitCode: 1,
      stdout: expect.stringMatching(
        /^failed: FLOW_REGISTRY_UNAVAILABLE the registry 'redis:\/\/127\.0\.0\.1:1\/\?namespace=none' is not available: .*ECONNREFUSED/,
      ),
    })
    expect(stdout).not.toContain('secret')
  })

  it('is told what is wrong with its address', async () => {
    for (const [registry, message] of [
      ['redis://127.0.0.1:1?namespace=a:b', /a namespace has letters/],
      ['redis://127.0.0.1:1,127.0.0.1:2', /several servers/],
      ['redis+sentinel://127.0.0.1:1', /the name of the master/],
      ['redis://127.0.0.1:1?leasems=1', /'leasems' is not known/],
      ['rediss//127.0.0.1:1', /is no address of a registry: it must be/],
    ] as const) {
      expect(await errorOf(tree(async () => currentActor(), { registry }))).toMatchObject({
        code: 'FLOW_USAGE',
        message: expect.stringMatching(message),
      })
    }
  })

  it('loads the client of Redis only if it is', async () => {
    const registry = address()
    const [without, with_] = [startProgram('loads.ts'), startProgram('loads.ts', registry)]
    expect(await without.ended).toMatchObject({ exitCode: 0, stdout: 'ioredis: false\n', stderr: '' })
    expect(await with_.ended).toMatchObject({ exitCode: 0, stdout: 'ioredis: true\n', stderr: '' })
    await expectNoKeys()
  })
})

describe('Leadership on Redis', () => {
  it('goes from a program that was killed to the one that waits', async () => {
    const registry = address({ leaseMs })
    const first = startProgram('leads.ts', JSON.stringify({ registry, runDirectory: ownDirectory() }), 'duties')
    await first.said('leads ')
    const second = startProgram('leads.ts', JSON.stringify({ registry, name: 'second' }), 'duties')
    await tree(async () => void (await waitForActor('second', joins)), { registry, name: 'looker' })
    first.kill('SIGKILL')
    await second.said('leads ')
    const fenceOf = (output: string) => Number(/leads (\d+)/.exec(output)?.[1])
    expect(fenceOf(second.output().stdout)).toBeGreaterThan(fenceOf(first.output().stdout))
    second.kill('SIGTERM')
    await second.ended
    await expectKeysGone()
  })

  it('is lost by a program that stood still for too long, which is told by its signal', async () => {
    const registry = address({ leaseMs })
    const first = startProgram('leads.ts', JSON.stringify({ registry }), 'duties')
    await first.said('leads ')
    first.freeze()
    const second = startProgram('leads.ts', JSON.stringify({ registry }), 'duties')
    await second.said('leads ')
    first.thaw()
    expect(await first.ended).toMatchObject({
      stdout: expect.stringMatching(/\nsignal FLOW_LEASE_LOST\nfailed: FLOW_LEASE_LOST\n$/),
    })
    second.kill('SIGTERM')
    await second.ended
    await expectNoKeys()
  })
})
