import { describe, expect, it } from 'vitest'
import { createJsonOutput } from '../../../pipelines/cli/json-output.ts'
import { checkLogStages, logSettingsOf } from '../../../pipelines/cli/log-settings.ts'
import type { Plan } from '../../../pipelines/plan.ts'

const plan = {
  stages: [
    { name: 'words', actors: 2 },
    { name: 'report', actors: 1 },
  ],
} as unknown as Plan

describe('--log-level', () => {
  it('can be given for all and for stages, their actors and patterns of them', () => {
    const options = { logLevel: ['info', 'words=debug', 'words#2=trace', 'rep*=error'] }
    expect(logSettingsOf(options)).toEqual({ level: 'info,words=debug,words#2=trace,rep*=error' })
    expect(() => checkLogStages(options, plan)).not.toThrow()
    expect(logSettingsOf({ logFormat: 'json' })).toEqual({ format: 'json' })
  })

  it('says which stage was meant by one that is not there', () => {
    expect(() => checkLogStages({ logLevel: ['wrods=debug'] }, plan)).toThrow(
      "--log-level: there is no stage 'wrods': did you mean 'words'? (known: words, report)",
    )
    expect(() => checkLogStages({ logLevel: ['words#3=debug'] }, plan)).toThrow("there is no stage 'words#3'")
  })

  it('says which levels there are', () => {
    expect(() => logSettingsOf({ logLevel: ['words=loud'] })).toThrow(
      "--log-level: 'loud' in 'words=loud' is no level: it is a level (trace, debug,",
    )
  })
})

describe('What a command says in a log of JSON', () => {
  it('is an entry each, however many lines it has', () => {
    const lines: string[] = []
    const output = createJsonOutput({ write: (line) => lines.push(line) })
    output.write('hops: done\nstage  items\n')
    output.write('\n')
    output.writeError?.('no such file\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { level: 'info', time: expect.any(String), pid: process.pid, actor: 'flow', msg: 'hops: done\nstage  items' },
      { level: 'error', time: expect.any(String), pid: process.pid, actor: 'flow', msg: 'no such file' },
    ])
  })
})
