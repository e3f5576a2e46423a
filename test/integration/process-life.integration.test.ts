import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { findActor, openNursery, sleep } from '../../index.ts'
import crashes from '../fixtures/actors/crashes.ts'
import waits from '../fixtures/actors/waits.ts'
import { type Program, startProgram } from '../support/program.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('A tree of processes', () => {
  const { nursery, notes, readNotes, processes, processOf, temporaryDirectory } = openTreeBed()

  async function startFamily(name: string, ...manner: string[]): Promise<Program> {
    const program = startProgram('family.ts', notes(name), ...manner)
    await waitUntil(async () => (await readNotes(name)).length === 3, {
      withinMs: 20_000,
      describe: async () => ({ notes: await readNotes(name), ...program.output() }),
    })
    expect((await readNotes(name)).sort()).toEqual(['first begun', 'grandchild begun', 'second begun'])
    return program
  }

  const nobodyIsLeft = (withinMs: number) =>
    waitUntil(async () => (await processes()).length === 0, { withinMs, describe: processes })

  const endings = async (name: string) => (await readNotes(name)).filter((line) => line.endsWith('ended')).sort()

  it('ends by itself when its root is killed: each finally runs, nothing is left', async () => {
    const program = await startFamily('root-killed')
    program.kill('SIGKILL')
    expect(await program.ended).toMatchObject({ signal: 'SIGKILL' })
    await nobodyIsLeft(5_000)
    expect(await endings('root-killed')).toEqual(['first ended', 'grandchild ended', 'second ended'])
  })

  it('leaves nothing of a killed root whose links end a while before it does', async () => {
    const program = startProgram('dies-slowly.ts', notes('dies-slowly'))
    expect(await program.ended).toMatchObject({ signal: 'SIGKILL', stdout: '', stderr: '' })
    await nobodyIsLeft(5_000)
    expect(await readNotes('dies-slowly')).toEqual(['below begun', 'below ended'])
    expect(await readdir(temporaryDirectory)).toEqual([])
  })

  it.for(['SIGINT', 'SIGTERM'] as const)(
    'ends in order on %s: each finally runs, and the program ends by that signal',
    async (signal) => {
      const program = await startFamily(signal)
      program.kill(signal)
      const { stderr, ...ending } = await program.ended
      expect(ending).toEqual({ exitCode: null, signal, stdout: '' })
      expect(stderr).toBe('')
      const lines = await readNotes(signal)
      expect(lines.slice(3).sort()).toEqual(['first ended', 'grandchild ended', 'main ended', 'second ended'])
      expect(lines.at(-1)).toBe('main ended')
      expect(await processes()).toEqual([])
    },
  )

  it('ends the same on a ctrl-c, which a terminal sends to every process of it', async () => {
    const program = await startFamily('ctrl-c')
    program.pressCtrlC()
    expect(await program.ended).toMatchObject({ signal: 'SIGINT', stderr: '' })
    expect(await endings('ctrl-c')).toEqual(['first ended', 'grandchild ended', 'main ended', 'second ended'])
  })

  it('is killed at once by the second ctrl-c', async () => {
    const program = await startFamily('second-ctrl-c', 'stubborn')
    program.pressCtrlC()
    await waitUntil(async () => (await readNotes('second-ctrl-c')).includes('second asked'), {
      describe: () => readNotes('second-ctrl-c'),
    })
    program.pressCtrlC()
    expect(await program.ended).toMatchObject({ exitCode: 130, signal: null })
    await nobodyIsLeft(5_000)
  })

  it('ends with exit code 0 when its work is done: nothing is open any more', async () => {
    const program = startProgram('ends-by-itself.ts')
    expect(await program.ended).toEqual({ exitCode: 0, signal: null, stdout: '42\n3\nafter run\n', stderr: '' })
  })

  it('loses the grandchildren of an actor that is killed, and its nursery says which it was', async () => {
    const file = notes('middle-killed')
    const error = await errorOf(
      nursery(async (nursery) => {
        await nursery.runInActor('middle', waits, 'waitWithChild', file, 'grandchild')
        await waitUntil(async () => (await readNotes('middle-killed')).includes('middle begun'), {
          describe: () => readNotes('middle-killed'),
        })
        process.kill((await processOf('middle')).pid, 'SIGKILL')
        await sleep(1_000_000)
      }),
    )
    expect(error).toMatchObject({ code: 'FLOW_ACTOR_EXIT', actor: { name: 'middle' }, signal: 'SIGKILL' })
    await nobodyIsLeft(5_000)
    expect((await readNotes('middle-killed')).filter((line) => line.startsWith('grandchild'))).toEqual([
      'grandchild begun',
      'grandchild ended',
    ])
  })

  it.for([
    ['throwUncaught', 'TypeError: nobody catches this'],
    ['rejectUnhandled', 'RangeError: nobody handles this'],
  ] as const)('has an actor that fails outside of any call (%s), and its nursery says how', async ([name, message]) => {
    const error = await errorOf(
      nursery(async (nursery) => {
        const actor = await nursery.startActor('crashing', crashes)
        await actor.run(name)
      }),
    )
    expect(error).toMatchObject({ code: 'FLOW_ACTOR_EXIT', actor: { name: 'crashing' }, exitCode: 1 })
    expect((error.cause as Error).message).toContain(message)
  })

  it.for([0, 3])('has an actor that calls process.exit(%i), and its nursery says so', async (exitCode) => {
    const error = await errorOf(
      nursery(async (nursery) => {
        const actor = await nursery.startActor('exiting', crashes)
        await actor.run('exit', exitCode)
      }),
    )
    expect(error).toMatchObject({ code: 'FLOW_ACTOR_EXIT', actor: { name: 'exiting' }, exitCode, signal: null })
  })

  it('goes on in the rest of the tree after one of its actors has crashed', async () => {
    const file = notes('goes-on')
    await nursery(async () => {
      await errorOf(
        openNursery(async (inner) => {
          const actor = await inner.startActor('crashing', crashes)
          await actor.run('throwUncaught')
        }),
      )
      await openNursery(async (inner) => {
        // The grandchild asks the root for its registry over a new connection.
        await inner.runInActor('middle', waits, 'waitWithChild', file, 'grandchild')
        await waitUntil(async () => (await readNotes('goes-on')).includes('middle begun'), {
          describe: () => readNotes('goes-on'),
        })
        expect(await findActor('grandchild', waits)).toBeDefined()
        inner.cancel()
      })
    })
  })
})
