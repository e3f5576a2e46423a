import { createRequire } from 'node:module'
import type { Bindings, LogFn, Logger, pino } from 'pino'
import { fitRecord } from './fit-record.ts'
import type { ActiveTrace, LogWatcher } from './interceptor.ts'
import { isLet, type LogLevel, levelFor } from './log-levels.ts'
import { isOutputLeftToParent, recordMark, writeLine, writeVerbatim } from './log-output.ts'
import { describeActor, describeError, type LogRecord, withoutOwn } from './log-record.ts'
import { formatFor, type LogFormat, type TreeLog } from './log-settings.ts'
import { renderRecord } from './log-text.ts'
import type { Member } from './member.ts'

/** What goes with a message; an error goes under `err`. */
export type LogFields = Readonly<Record<string, unknown>>

/** The log of one actor, as the engine writes to it. Of what its level does not let through, nothing is made. */
export interface Log {
  readonly level: LogLevel
  /** The same log for the user's own lines: a pino logger. Made when it is first asked for. */
  readonly logger: Logger
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** Hands an entry to the watchers alone: what somebody else writes to stderr. */
  tell(level: LogRecord['level'], message: string, fields?: LogFields): void
  /** Has a copy of each entry handed to a watcher, which must not throw, nor write to this log. */
  watch(watcher: LogWatcher): void
}

export interface LogOptions {
  readonly actor: Member
  /** `FLOW_LOG`: see `levelFor`. */
  readonly spec?: string | undefined
  /** `FLOW_LOG_FORMAT`: one of `logFormats`. */
  readonly format?: string | undefined
  /** Takes each line, its end included; by default stderr, synchronously. */
  readonly write?: (line: string) => void
  /** Asked at each entry, for the span in which it is said. */
  activeTrace?(): ActiveTrace | undefined
}

/** Opens the log of an actor. Throws `UsageError` for a `spec` or `format` that makes no sense. */
export function createLog(options: LogOptions): Log {
  return new ActorLog(options)
}

/**
 * The log of an actor as its tree has it, or, in a tree that says nothing of logs, the environment. Where the parent reads
 * this process's stderr, it is the root that shows it. Throws `UsageError` if the environment makes no sense.
 */
export function logOf(actor: Member, tree: TreeLog | undefined, options: Pick<LogOptions, 'activeTrace'> = {}): Log {
  const { FLOW_LOG: environment, FLOW_LOG_FORMAT: format } = process.env
  const settings = { actor, spec: tree?.spec ?? environment, format: tree?.format ?? format, ...options }
  if (!isOutputLeftToParent()) return createLog(settings)
  return createLog({ ...settings, format: 'json', write: (line) => writeLine(`${recordMark}${line}`) })
}

/** A plain line on stderr, in order with the log, that no level keeps back; an entry where the tree's log is lines of JSON. */
export function writeNotice(
  actor: Member,
  tree: TreeLog | undefined,
  { level, text }: { readonly level: LogRecord['level']; readonly text: string },
): void {
  const { FLOW_LOG: environment, FLOW_LOG_FORMAT: format } = process.env
  if (formatFor(tree?.spec ?? environment, tree?.format ?? format) !== 'json') return writeVerbatim(`${text}\n`)
  const time = new Date().toISOString()
  const record: LogRecord = { level, time, pid: process.pid, ...describeActor(actor), msg: text }
  writeVerbatim(renderRecord(record, { format: 'json' }))
}

class ActorLog implements Log {
  readonly level: LogLevel
  readonly #actor: Member
  readonly #format: LogFormat
  readonly #write: (line: string) => void
  readonly #activeTrace: (() => ActiveTrace | undefined) | undefined
  readonly #watchers: LogWatcher[] = []
  #logger: Logger | undefined

  constructor({ actor, spec, format, write = writeLine, activeTrace }: LogOptions) {
    this.level = levelFor(actor.name, spec)
    this.#actor = actor
    this.#format = formatFor(spec, format)
    this.#write = write
    this.#activeTrace = activeTrace
  }

  get logger(): Logger {
    this.#logger ??= openPino(this.#actor, this.level, {
      write: (line) => this.#take(line),
      trace: () => ({ ...this.#activeTrace?.() }),
    })
    return this.#logger
  }

  trace(message: string, fields?: LogFields): void {
    this.#say('trace', message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    this.#say('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.#say('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#say('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.#say('error', message, fields)
  }

  tell(level: LogRecord['level'], message: string, fields: LogFields = {}): void {
    if (isLet(level, this.level)) this.#tell(this.#recordOf(level, message, fields))
  }

  watch(watcher: LogWatcher): void {
    this.#watchers.push(watcher)
  }

  #say(level: LogRecord['level'], message: string, fields: LogFields = {}): void {
    if (!isLet(level, this.level)) return
    // The usual warning of a program that has asked for no log does not load pino.
    if (this.#format === 'json') return this.logger[level](fields, message)
    this.#show(this.#recordOf(level, message, fields))
  }

  #recordOf(level: LogRecord['level'], message: string, { err, ...others }: LogFields): LogRecord {
    return {
      level,
      time: new Date().toISOString(),
      pid: process.pid,
      ...describeActor(this.#actor),
      ...this.#activeTrace?.(),
      ...others,
      ...(err === undefined ? {} : { err: describeError(err) }),
      msg: message,
    }
  }

  /** A line of pino's. */
  #take(whole: string): void {
    const line = fitRecord(whole)
    if (this.#format !== 'json') return this.#show(JSON.parse(line) as LogRecord)
    this.#write(line)
    if (this.#watchers.length > 0) this.#tell(JSON.parse(line) as LogRecord)
  }

  #show(record: LogRecord): void {
    const colours = this.#format === 'pretty' && process.stderr.isTTY && process.stderr.hasColors()
    this.#write(renderRecord(record, { format: this.#format, colours }))
    this.#tell(record)
  }

  #tell(record: LogRecord): void {
    for (const watcher of this.#watchers) watcher(record)
  }
}

/** Loading pino takes longer than the rest of an actor's start: it is loaded when there is something to say. */
function openPino(
  actor: Member,
  level: LogLevel,
  { write, trace }: { write(line: string): void; trace(): object },
): Logger {
  const open = createRequire(import.meta.url)('pino') as typeof pino
  const logger = open(
    {
      level,
      base: { pid: process.pid, ...describeActor(actor) },
      timestamp: open.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      mixin: trace,
      hooks: { logMethod: keepApart },
    },
    { write },
  )
  for (const method of ['child', 'setBindings'] as const) {
    const own = logger[method] as (bindings: Bindings, ...rest: unknown[]) => never
    logger[method] = function (this: Logger, bindings: Bindings, ...rest: unknown[]) {
      return own.call(this, withoutOwn(bindings, ['err']), ...rest)
    }
  }
  return logger
}

/** Says it with the fields under names that are not the log's own. An `err` is for the user to give, and a `msg` where there is no other. */
function keepApart(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [fields, ...rest] = args as unknown[]
  const isFields = typeof fields === 'object' && fields !== null && !Error.isError(fields)
  const said = isFields ? [withoutOwn(fields, rest[0] === undefined ? ['err', 'msg'] : ['err']), ...rest] : args
  method.apply(this, said as Parameters<LogFn>)
}
