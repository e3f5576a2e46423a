import { describe, expect, it } from 'vitest'
import { describeError, type LogRecord } from '../../engine/log-record.ts'
import { resolveLog } from '../../engine/log-settings.ts'
import { renderRecord } from '../../engine/log-text.ts'

const record: LogRecord = {
  level: 'error',
  time: '2026-01-31T12:00:01.250Z',
  pid: 7,
  actor: 'words#2',
  actorId: 'ab12',
  stage: 'words',
  actorIndex: 2,
  msg: 'gave up',
}
const pretty = (changes: Partial<LogRecord>) => renderRecord({ ...record, ...changes }, { format: 'pretty' })

describe('A pretty line', () => {
  it('says when, how bad, who, what, and what goes with it', () => {
    expect(pretty({ tries: 3, last: { why: 'no answer' } })).toBe(
      "12:00:01.250Z ERROR words#2 gave up tries=3 last={ why: 'no answer' }\n",
    )
  })

  it('has an error, and the further lines of a message, below it and set in', () => {
    const err = { type: 'TypeError', message: 'no', stack: 'TypeError: no\n    at words (a.ts:1:2)' }
    expect(pretty({ err, msg: 'gave up\non it' })).toBe(
      '12:00:01.250Z ERROR words#2 gave up\n    on it\n    TypeError: no\n        at words (a.ts:1:2)\n',
    )
  })

  it('shows what a process printed by its actor alone', () => {
    expect(pretty({ stream: 'stdout', level: 'info', msg: '  3 rows' })).toBe('words#2 |   3 rows\n')
  })

  it('shows what it can where somebody has put something else under a name of its own', () => {
    const odd = { level: 3, time: 5, actor: { film: 'frank' }, traceId: '\u001b[2Jab', msg: undefined }
    expect(pretty(odd as object)).toBe("Z 3     { film: 'frank' }  trace=ab\n")
    expect(pretty({ level: 'constructor' } as object)).toContain(' CONSTRUCTOR words#2 ')
    expect(pretty({ stream: 'stdout', msg: 5 } as object)).toBe('words#2 | 5\n')
  })

  it('has colours only where there are colours, and never those of others', () => {
    expect(renderRecord(record, { format: 'pretty', colours: true })).toContain('\u001b[31mERROR\u001b[')
    expect(pretty({ stream: 'stderr', msg: '\u001b[2J\u001b[31mred\r\u0007' })).toBe('words#2 | red\n')
  })
})

describe('An error in a log', () => {
  it('is its name, message and own fields, with the stacks of its causes', () => {
    const error = Object.assign(new RangeError('too far', { cause: new Error('why', { cause: 'because' }) }), {
      row: 5,
    })
    expect(describeError(error)).toEqual({
      type: 'RangeError',
      message: 'too far',
      row: 5,
      stack: expect.stringMatching(/^RangeError: too far\n[^]+\ncaused by Error: why\n[^]+\ncaused by 'because'$/),
    })
  })

  it('is the thrown value where that is none', () => {
    expect(describeError('oh')).toBe('oh')
  })

  it('ends where its causes go in a circle', () => {
    const error = new Error('round')
    error.cause = error
    expect(describeError(error)).toMatchObject({ message: 'round' })
  })
})

describe('The log of a tree', () => {
  it.each([
    [{}, {}, { spec: '', format: 'pretty' }],
    [{}, { FLOW_LOG: 'info', FLOW_LOG_FORMAT: 'json' }, { spec: 'info', format: 'json' }],
    [
      { level: 'words=debug', format: 'pretty' } as const,
      { FLOW_LOG: 'info', FLOW_LOG_FORMAT: 'json' },
      { spec: 'info,words=debug', format: 'pretty' },
    ],
  ])('of %j in the environment %j is %j', (settings, environment, expected) => {
    expect(resolveLog(settings, environment)).toEqual(expected)
  })

  it.each([
    [{ level: 'loud' }, {}, "the root's log.level: 'loud' in 'loud' is no level"],
    [{ format: 'xml' as 'json' }, {}, "the root's log.format is json or pretty, not 'xml'"],
    [{ level: 'info' }, { FLOW_LOG: 'loud' }, "FLOW_LOG: 'loud'"],
    [{}, { FLOW_LOG_FORMAT: 'xml' }, "FLOW_LOG_FORMAT is json, pretty, text, not 'xml'"],
  ])('refuses %j in the environment %j', (settings, environment, message) => {
    expect(() => resolveLog(settings, environment)).toThrow(message)
  })
})
