import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startProgram } from '../support/program.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('The log of an actor', () => {
  openTreeBed()

  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it('has its warnings as readable lines, unless more is asked for', async () => {
    const { stderr, exitCode } = await startProgram('logs.ts').ended
    expect(stderr.replaceAll(/\(\w+\)/g, '(id)')).toBe(
      "actorflow: actor 'director' (id): a warning\nactorflow: actor 'words' (id): a warning\n",
    )
    expect(exitCode).toBe(0)
  })

  it('has the level that FLOW_LOG gives an actor by its name, in JSON with its name, id and process where that is asked for', async () => {
    vi.stubEnv('FLOW_LOG', 'error,words*=debug')
    vi.stubEnv('FLOW_LOG_FORMAT', 'json')
    const { stderr } = await startProgram('logs.ts').ended
    const lines = stderr.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ level: 'debug', msg: 'a detail', items: 3 }),
      expect.objectContaining({ level: 'warn', msg: 'a warning', pid: expect.any(Number) }),
    ])
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ actor: 'words', actorId: expect.any(String) })
  })

  it('goes through the root, with what the processes print, if the root is given a log', async () => {
    const { stdout, stderr, exitCode } = await startProgram('logs-of-all.ts', 'json').ended
    expect({ stdout, exitCode }).toEqual({ stdout: 'for the program\n', exitCode: 0 })
    const entries = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const said = (name: string) =>
      entries.filter(({ actor }) => actor === name).map(({ level, stream, msg }) => [level, stream, msg])
    const speech = (name: string) => [
      ['info', 'stderr', `${name} prints`],
      ['info', undefined, `${name} logs`],
    ]
    expect(said('director')).toEqual([['info', undefined, 'director logs']])
    expect(said('words')).toEqual(speech('words'))
    // A child of a child, which has no way to the root but through its parent.
    expect(said('letters')).toEqual(speech('letters'))
    // What these print is their process's.
    expect(said('ink')).toEqual([['info', undefined, 'ink logs']])
    expect(said('air')).toEqual([['info', undefined, 'air logs']])
    expect(said('crash')).toEqual([['error', undefined, 'uncaught error']])
    expect(entries.find(({ actor }) => actor === 'crash')).toMatchObject({ err: { message: 'on its own' } })
    expect(said('sudden')).toEqual([['info', 'stderr', 'last words']])
  })

  it('is in lines for people, with the name of who printed the others', async () => {
    const { stderr } = await startProgram('logs-of-all.ts', 'pretty').ended
    const lines = stderr.trimEnd().split('\n')
    expect(lines).toContainEqual(expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3}Z INFO {2}letters letters logs$/))
    expect(lines).toContain('letters | letters prints')
    expect(lines).toContain('    Error: on its own')
  })

  it('holds up an actor for a second at most if nobody reads stderr, and says later how much was lost', async () => {
    const path = new URL('../fixtures/programs/floods.ts', import.meta.url)
    const program = spawn(process.execPath, [fileURLToPath(path)], { stdio: 'pipe' })
    const closed = once(program, 'close')
    // Not a byte of its stderr has been read until then.
    await once(program.stdout, 'data')
    let stderr = ''
    program.stderr.setEncoding('utf8').on('data', (some: string) => (stderr += some))
    const lostCount = () =>
      stderr
        .matchAll(/ WARN {2}words what it printed was lost: .* lostCount=(\d+)\n/g)
        .reduce((sum, [, count]) => sum + Number(count), 0)
    await waitUntil(() => lostCount() > 0, { withinMs: 20_000, describe: () => stderr.slice(-2_000) })
    program.stdin.end()
    await closed
    const numbers = Array.from(stderr.matchAll(/^words \| (\d+) x{1000}$/gm), ([, number]) => Number(number))
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    // Of the line at which it gave up a part may be there, in front of the next one.
    expect([0, 1]).toContain((numbers.at(-1) ?? 0) + 1 - numbers.length - lostCount())
  })

  it('refuses a FLOW_LOG that makes no sense, and says what would', async () => {
    vi.stubEnv('FLOW_LOG', 'loud')
    const { stderr, exitCode } = await startProgram('logs.ts').ended
    expect(stderr).toMatch(/FLOW_LOG: 'loud' in 'loud' is no level: it is a level \(trace, debug/)
    expect(exitCode).toBe(1)
  })
})
