import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../engine/errors.ts'
import { createLog, type Log, type LogOptions } from '../../engine/log.ts'
import { levelFor } from '../../engine/log-levels.ts'
import type { LogRecord } from '../../engine/log-record.ts'

const actor = { name: 'words', id: 'ab12' }

function openLog(options: Partial<LogOptions> = {}): { log: Log; lines: string[] } {
  const lines: string[] = []
  return { log: createLog({ actor, write: (line) => void lines.push(line), ...options }), lines }
}

const parsed = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as Record<string, unknown>)

describe('FLOW_LOG', () => {
  it.each<[string | undefined, string, string]>([
    [undefined, 'words', 'warn'],
    ['', 'words', 'warn'],
    ['debug', 'words', 'debug'],
    ['DEBUG', 'words', 'debug'],
    ['info,words=debug', 'words', 'debug'],
    ['words=debug,info', 'words', 'debug'],
    ['info,words=debug', 'words-2', 'info'],
    ['info,words*=debug', 'words-2', 'debug'],
    ['*-2=trace', 'words-2', 'trace'],
    ['words*=debug,words-2=error', 'words-2', 'error'],
    [' info , words = silent ,', 'words', 'silent'],
    ['words=debug', 'lines', 'warn'],
    ['w.rds=debug', 'words', 'warn'],
    ['a=b=debug', 'a=b', 'debug'],
    ['words=debug', 'words#2', 'debug'],
    ['words#1=debug', 'words#2', 'warn'],
    ['words=debug,words#2=error', 'words#2', 'error'],
    ['*=debug', 'more\nlines', 'debug'],
  ])('%j gives an actor called %j the level %s', (spec, name, level) => {
    expect(levelFor(name, spec)).toBe(level)
  })

  it.each([
    ['verbose', "FLOW_LOG: 'verbose' in 'verbose' is no level: it is a level (trace, debug, info, warn, error"],
    ['words=', "FLOW_LOG: '' in 'words=' is no level"],
    ['words=loud', "FLOW_LOG: 'loud' in 'words=loud' is no level"],
    ['=debug', "FLOW_LOG: '=debug' has no name before its '='"],
    ['words:debug', 'or name=level, or several with commas between, like info,words*=debug'],
  ])('%j is refused with what would be right', (spec, message) => {
    expect(() => createLog({ actor, spec })).toThrow(UsageError)
    expect(() => createLog({ actor, spec })).toThrow(message)
  })
})

describe('What is told to the watchers of a log alone', () => {
  it('is written nowhere, and goes by the level', () => {
    const seen: LogRecord[] = []
    const { log, lines } = openLog()
    log.watch((record) => seen.push(record))
    log.tell('info', 'is not let through')
    log.tell('error', 'failed', { item: 7, err: new RangeError('too far') })
    expect(lines).toEqual([])
    expect(seen).toMatchObject([
      { level: 'error', actor: 'words', actorId: 'ab12', item: 7, msg: 'failed', err: { type: 'RangeError' } },
    ])
  })
})

describe('FLOW_LOG_FORMAT', () => {
  it.each<[string | undefined, string | undefined, RegExp]>([
    [undefined, undefined, /^actorflow: actor/],
    ['', '', /^actorflow: actor/],
    ['warn', undefined, /^\d\d:\d\d.*Z WARN {2}words/],
    [undefined, 'pretty', /^\d\d:\d\d.*Z WARN {2}words/],
    ['warn', 'text', /^actorflow: actor/],
    [undefined, 'json', /^\{"level":"warn"/],
  ])('with FLOW_LOG %j and the format %j, a line is like %s', (spec, format, expected) => {
    const { log, lines } = openLog({ spec, format })
    log.warn('it was late')
    log.logger.warn('and later')
    expect(lines).toEqual([expect.stringMatching(expected), expect.stringMatching(expected)])
  })

  it('is refused if it is none of them', () => {
    expect(() => createLog({ actor, format: 'xml' })).toThrow("FLOW_LOG_FORMAT is json, pretty, text, not 'xml'")
  })
})

describe('The log of an actor', () => {
  it('is one readable line a warning for whoever asked for none', () => {
    const { log, lines } = openLog()
    log.warn('did not end within 5000 ms: sent it SIGTERM')
    log.error('gave up', { tries: 3, last: { why: 'no answer' } })
    log.info('is well')
    expect(lines).toEqual([
      "actorflow: actor 'words' (ab12): did not end within 5000 ms: sent it SIGTERM\n",
      "actorflow: actor 'words' (ab12): gave up tries=3 last={ why: 'no answer' }\n",
    ])
  })

  it('shows an error with its stack', () => {
    const { log, lines } = openLog()
    const err = new TypeError('no such thing')
    log.error('uncaught error', { err })
    log.logger.error(err, 'caught')
    log.error('thrown', { err: 5 })
    expect(lines).toEqual([
      `actorflow: actor 'words' (ab12): uncaught error: ${err.stack}\n`,
      `actorflow: actor 'words' (ab12): caught: ${err.stack}\n`,
      "actorflow: actor 'words' (ab12): thrown: 5\n",
    ])
  })

  it('says the level of what is less than a warning', () => {
    const { log, lines } = openLog({ spec: 'debug', format: 'text' })
    log.debug('dialling', { address: 'unix:/a' })
    expect(lines).toEqual(["actorflow: actor 'words' (ab12): debug: dialling address='unix:/a'\n"])
  })

  it('is lines of JSON with the actor in them for whoever asked for one', () => {
    const { log, lines } = openLog({ spec: 'debug', format: 'json' })
    log.debug('dialling', { address: 'unix:/a' })
    log.error('uncaught error', { err: new TypeError('no') })
    expect(parsed(lines)).toEqual([
      {
        level: 'debug',
        time: expect.any(String),
        pid: process.pid,
        actor: 'words',
        actorId: 'ab12',
        address: 'unix:/a',
        msg: 'dialling',
      },
      expect.objectContaining({
        level: 'error',
        msg: 'uncaught error',
        err: expect.objectContaining({ message: 'no' }),
      }),
    ])
    expect(Date.parse(String(parsed(lines)[0]?.['time']))).toBeGreaterThan(0)
  })

  it('is a pino logger for its user, at the same level', () => {
    const { log, lines } = openLog({ spec: 'silent,words=info', format: 'json' })
    const { logger } = log
    expect(logger).toBe(log.logger)
    expect(logger.level).toBe('info')
    logger.debug('not this')
    logger.info({ row: 5 }, 'read %d rows', 7)
    logger.child({ part: 'parser' }).warn('odd')
    expect(parsed(lines)).toMatchObject([
      { msg: 'read 7 rows', row: 5, actor: 'words', actorId: 'ab12' },
      { msg: 'odd', part: 'parser', actor: 'words' },
    ])
  })

  it.each(['json', 'pretty'])('names the stage, and the span in which it is said, in %s', (format) => {
    const trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
    let active: typeof trace | undefined = trace
    const { log, lines } = openLog({ actor: { name: 'words#2', id: 'ab12' }, format, activeTrace: () => active })
    const seen: LogRecord[] = []
    log.watch((record) => seen.push(record))
    log.warn('it was late', { err: new TypeError('no', { cause: new Error('why') }) })
    log.logger.warn({ row: 5 }, 'odd')
    active = undefined
    log.warn('nowhere')
    const who = { level: 'warn', pid: process.pid, actor: 'words#2', actorId: 'ab12', stage: 'words', actorIndex: 2 }
    const stack = expect.stringMatching(/^TypeError: no\n[^]*\ncaused by Error: why\n/)
    const time = expect.any(String)
    expect(seen).toEqual([
      { ...who, ...trace, time, err: { type: 'TypeError', message: 'no', stack }, msg: 'it was late' },
      { ...who, ...trace, time, row: 5, msg: 'odd' },
      { ...who, time, msg: 'nowhere' },
    ])
    const odd = `${seen[1]?.time.slice(11, 23)}Z WARN  words#2 odd row=5 trace=${trace.traceId}\n`
    expect(format === 'json' ? parsed(lines)[1] : lines[1]).toEqual(format === 'json' ? seen[1] : odd)
  })

  describe.each([
    ['json', /^(?!.*"(\w+)":.*"\1":)\{/],
    ['pretty', /^\S+ WARN {2}words said _time=1 /],
  ])('in %s', (format, expected) => {
    function recordOf(say: (logger: Log['logger']) => void): { record: LogRecord; line: string } {
      const records: LogRecord[] = []
      const { log, lines } = openLog({ actor: { ...actor, pipeline: 'count' }, format })
      log.watch((record) => records.push(record))
      say(log.logger)
      return { record: records[0] as LogRecord, line: lines[0] ?? '' }
    }
    const own = { level: 'warn', pid: process.pid, actor: 'words', actorId: 'ab12', pipeline: 'count', msg: 'said' }

    it('keeps what a user gives names of its own under others, and has no name twice', () => {
      const theirs = {
        time: 1,
        level: 2,
        pid: 3,
        actor: 'a',
        stage: 's',
        stream: 'stdout',
        msg: 'm',
        pipeline: 'p',
        n: 4,
      }
      const kept = {
        _time: 1,
        _level: 2,
        _pid: 3,
        _actor: 'a',
        _stage: 's',
        _stream: 'stdout',
        _msg: 'm',
        _pipeline: 'p',
        n: 4,
      }
      const said = [
        recordOf((logger) => logger.warn(theirs, 'said')),
        recordOf((logger) => logger.child(theirs).warn('said')),
        recordOf((logger) => logger.child({}).child(theirs, {}).warn('said')),
      ]
      for (const { record, line } of said) {
        expect(record).toEqual({ ...own, ...kept, time: expect.stringMatching(/^\d{4}-/) })
        expect(line).toMatch(expected)
      }
    })

    it('leaves it to its user to give an error, and a text among the fields where there is no other', () => {
      expect(recordOf((logger) => logger.warn({ err: 5, msg: 'said' })).record).toMatchObject({ ...own, err: 5 })
    })

    it('cuts what is too long for a line', () => {
      const { record, line } = recordOf((logger) => logger.warn({ huge: 'y'.repeat(1_100_000) }, 'said'))
      expect(record).toMatchObject({ ...own, huge: expect.stringMatching(/^y+…$/), cut: true })
      expect(line.length).toBeLessThan(1_000_000)
    })
  })

  it('makes nothing of what it does not let through, and does not load pino for it', () => {
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('/pino/'))
    const before = loaded()
    const { log, lines } = openLog({ spec: 'error' })
    const fields = {
      get costly(): never {
        throw new Error('was read')
      },
    }
    for (const level of ['trace', 'debug', 'info', 'warn'] as const) log[level]('suppressed', fields)
    expect([lines, loaded()]).toEqual([[], before])
  })

  it('keeps the escapes of others from the terminal', () => {
    const { log, lines } = openLog()
    log.warn('the peer left (\u001b[2J\u001b[31mgone)')
    expect(lines).toEqual(["actorflow: actor 'words' (ab12): the peer left (gone)\n"])
  })
})
