import { afterEach, describe, expect, it, vi } from 'vitest'
import { startProgram } from '../support/program.ts'
import { openTreeBed } from '../support/tree.ts'

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

  it('has the level that FLOW_LOG gives an actor by its name, and then is JSON with its name, id and process', async () => {
    vi.stubEnv('FLOW_LOG', 'error,words*=debug')
    const { stderr } = await startProgram('logs.ts').ended
    const lines = stderr.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ level: 'debug', msg: 'a detail', items: 3 }),
      expect.objectContaining({ level: 'warn', msg: 'a warning', pid: expect.any(Number) }),
    ])
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ actor: { name: 'words', id: expect.any(String) } })
  })

  it('refuses a FLOW_LOG that makes no sense, and says what would', async () => {
    vi.stubEnv('FLOW_LOG', 'loud')
    const { stderr, exitCode } = await startProgram('logs.ts').ended
    expect(stderr).toMatch(/FLOW_LOG: 'loud' in 'loud' is no level: it is a level \(trace, debug/)
    expect(exitCode).toBe(1)
  })
})
