import { describe, expect, it } from 'vitest'
import { type ActorDump, ChannelBrokenError, DeadlineExceededError } from '../../../engine/index.ts'
import { type DumpHost, type DumpOptions, dumpCommand } from '../../../pipelines/cli/dump-command.ts'
import { dumpOf } from '../../support/dump-of.ts'

const programOf = (name: string, pid: number, children: ActorDump['children'] = []): ActorDump =>
  dumpOf(name, { pid, children })

const frozen = new DeadlineExceededError(3_000)
const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

/** Programs by their sockets: what each answers, or how asking it fails. */
type Programs = Readonly<Record<string, ActorDump | Error>>

async function dump(programs: Programs, target?: string, options: DumpOptions = {}) {
  let stdout = ''
  let stderr = ''
  const asked: string[] = []
  const host: DumpHost = {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    findSockets: async () => Object.keys(programs),
    dumpAt: async (address) => {
      asked.push(address)
      const answer = programs[address.replace(/^unix:/, '')] ?? refused
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  const exitCode = await dumpCommand(target, options, host)
  return { exitCode, stdout, stderr, asked }
}

const child = programOf('child', 11)
const silent = { actor: { name: 'mute', id: 'mute-id' }, pid: 12, silent: 'not done within 1000 ms' }
const programs = {
  '/tmp/flow-1/root.sock': programOf('first', 10, [child, silent]),
  '/tmp/flow-2/root.sock': programOf('second', 20),
}
const treeOfFirst = [
  'first (first-id) pid 10, 64 MiB, at unix:/run/first.sock',
  '  child (child-id) pid 11, 64 MiB, at unix:/run/child.sock',
  '  mute (mute-id) pid 12: does not answer: not done within 1000 ms',
]

describe('flow dump', () => {
  it('prints the tree of every program, each below a line that says which it is', async () => {
    const { exitCode, stdout, stderr } = await dump(programs)
    expect(stdout.split('\n')).toEqual([
      "program 'first', process 10, /tmp/flow-1/root.sock",
      ...treeOfFirst,
      '',
      "program 'second', process 20, /tmp/flow-2/root.sock",
      'second (second-id) pid 20, 64 MiB, at unix:/run/second.sock',
      '',
    ])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })

  it('says that there is none, or that all have gone', async () => {
    const none = { exitCode: 1, stdout: '', stderr: 'flow: no program of yours is running\n' }
    expect(await dump({})).toMatchObject(none)
    expect(await dump({ '/tmp/flow-1/root.sock': refused })).toMatchObject(none)
  })

  it.for([10, 11, 12])('finds a program by any of its processes: %d', async (pid) => {
    const { exitCode, stdout, stderr } = await dump(programs, String(pid))
    expect(stdout.trimEnd().split('\n')).toEqual(treeOfFirst)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })

  it('says that no program has that process', async () => {
    const stderr = 'flow: no program with an actor in process 99 is running\n'
    expect(await dump(programs, '99')).toMatchObject({ exitCode: 1, stdout: '', stderr })
  })

  it('asks at a socket, or at an address, and nowhere else', async () => {
    const [socket] = Object.keys(programs)
    expect(await dump(programs, socket)).toMatchObject({ exitCode: 0, asked: [`unix:${socket}`], stderr: '' })
    expect((await dump(programs, `unix:${socket}`)).stdout.trimEnd().split('\n')).toEqual(treeOfFirst)
    expect((await dump({}, 'tcp://127.0.0.1:5000')).asked).toEqual(['tcp://127.0.0.1:5000'])
    const stderr = 'flow: nobody is at /tmp/gone.sock\n'
    expect(await dump(programs, '/tmp/gone.sock')).toMatchObject({ exitCode: 1, stdout: '', stderr })
  })

  it('says which program is frozen, and prints the others', async () => {
    const { exitCode, stdout, stderr } = await dump({ '/tmp/frozen.sock': frozen, ...programs })
    expect(stderr).toMatch(/^flow: the program at \/tmp\/frozen\.sock does not answer within 3 s: [^\n]*\n$/)
    expect(stdout).toMatch(/^program 'first'[^]*\nprogram 'second'/)
    expect(exitCode).toBe(1)
  })

  it('does not mind a frozen one when another one is looked for and answers', async () => {
    const all = { '/tmp/frozen.sock': frozen, ...programs }
    expect(await dump(all, '20')).toMatchObject({ exitCode: 0, stderr: '' })
    const { exitCode, stderr } = await dump(all, '99')
    expect(stderr).toContain('/tmp/frozen.sock does not answer')
    expect(stderr).toContain('no program with an actor in process 99 answers')
    expect(exitCode).toBe(1)
  })

  it('passes on why a program gives no answer', async () => {
    const broken = new ChannelBrokenError({ name: 'x', id: 'y' }, 'it left')
    const { exitCode, stderr } = await dump({ '/tmp/x.sock': broken })
    expect(stderr).toMatch(/^flow: the program at \/tmp\/x\.sock gives no answer: [^\n]*it left[^\n]*\n$/)
    expect(exitCode).toBe(1)
  })

  it('answers with one JSON object when it is asked to', async () => {
    const { exitCode, stdout, stderr } = await dump({ '/tmp/frozen.sock': frozen, ...programs }, undefined, {
      json: true,
    })
    expect(JSON.parse(stdout)).toMatchObject({
      trees: [
        { socket: '/tmp/flow-1/root.sock', pid: 10, children: [{ pid: 11 }, { silent: 'not done within 1000 ms' }] },
        { socket: '/tmp/flow-2/root.sock', pid: 20 },
      ],
      problems: [expect.stringContaining('does not answer within 3 s')],
    })
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
  })

  it('prints nothing that could steer the terminal', async () => {
    const { stdout } = await dump({ '/tmp/x.sock': programOf('bad\u001b[2Jname', 1) })
    expect(stdout).not.toContain('\u001b')
    expect(stdout).toContain('bad\ufffd[2Jname')
  })
})
