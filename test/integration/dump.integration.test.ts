import { describe, expect, it } from 'vitest'
import { type Program, startProgram } from '../support/program.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

const { notes, readNotes, processOf } = openTreeBed()

/** Two actors below the root, one of them with one of its own; each waits in a call. */
async function startFamily(name: string): Promise<Program> {
  const program = startProgram('family.ts', notes(name))
  await waitUntil(async () => (await readNotes(name)).length === 3, { withinMs: 20_000, describe: program.output })
  return program
}

async function endFamily(program: Program): Promise<void> {
  program.kill('SIGINT')
  expect(await program.ended).toMatchObject({ exitCode: null, signal: 'SIGINT' })
}

/** What the program writes to stderr once it is sent the signal that asks for a dump; complete when it has that line. */
async function dumpOf(program: Program, pid: number, lastLine: RegExp): Promise<string> {
  process.kill(pid, 'SIGUSR2')
  await waitUntil(() => lastLine.test(program.output().stderr), { describe: program.output })
  return program.output().stderr
}

/** The lines about actors, without what differs from run to run. */
function actorsOf(dump: string): string[] {
  const lines = Array.from(dump.matchAll(/^( *)([a-z]+) \(\w+\) pid \d+(?:, \d+ MiB|: (does not answer))/gm))
  return lines.map(([, indent, name, silent]) => `${indent}${name}${silent === undefined ? '' : ' is silent'}`)
}

describe('SIGUSR2', () => {
  it('to a root has it write its tree to stderr: who is there, what they do and what they wait for', async () => {
    const program = await startFamily('root')
    const dump = await dumpOf(program, program.pid, /^ {2}second [^]*← wait/m)
    expect(actorsOf(dump)).toEqual(['family', '  first', '    grandchild', '  second'])
    expect(dump).toMatch(/^family \(\w+\) pid \d+, \d+ MiB, at unix:\/\S+\/root\.sock$/m)
    expect(dump).toMatch(
      /^ {2}═ first \(\w+\) by the link to 'first'\n(?: {4}.*\n)* {4}→ waitWithChild: waits for the result$/m,
    )
    expect(dump).toMatch(
      /^ {4}═ grandchild \(\w+\) by the link to 'grandchild'\n(?: {6}.*\n)* {6}→ wait: waits for the result$/m,
    )
    expect(dump).toMatch(/^ {6}← wait: waits for its function\b/m)
    await endFamily(program)
  })

  it('leaves the program as it is, however often it is sent', async () => {
    const program = await startFamily('often')
    for (let count = 1; count <= 3; count += 1) {
      await dumpOf(program, program.pid, new RegExp(`(^family [^]*?^ {2}second [^]*?){${count}}`, 'm'))
    }
    expect(await readNotes('often')).toHaveLength(3)
    await endFamily(program)
    expect((await readNotes('often')).slice(3).toSorted()).toEqual([
      'first ended',
      'grandchild ended',
      'main ended',
      'second ended',
    ])
  })

  it('to an actor below has it write its own part', async () => {
    const program = await startFamily('below')
    const dump = await dumpOf(program, (await processOf('first')).pid, /grandchild/)
    expect(actorsOf(dump)).toEqual(['first', '  grandchild'])
    await endFamily(program)
  })

  it('finds an actor silent that is frozen, and only that one', async () => {
    const program = await startFamily('frozen')
    const { pid } = await processOf('second')
    process.kill(pid, 'SIGSTOP')
    const dump = await dumpOf(program, program.pid, /second .* does not answer/)
    process.kill(pid, 'SIGCONT')
    expect(actorsOf(dump)).toEqual(['family', '  first', '    grandchild', '  second is silent'])
    await endFamily(program)
  })

  it('hears of the parent of a frozen actor all that it knows', async () => {
    const program = await startFamily('frozen-below')
    const { pid } = await processOf('grandchild')
    process.kill(pid, 'SIGSTOP')
    const dump = await dumpOf(program, program.pid, /grandchild .* does not answer[^]*second/)
    process.kill(pid, 'SIGCONT')
    expect(actorsOf(dump)).toEqual(['family', '  first', '    grandchild is silent', '  second'])
    await endFamily(program)
  })
})
