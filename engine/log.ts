import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { inspect, stripVTControlCharacters } from 'node:util'
import { isMainThread } from 'node:worker_threads'
import type { Logger, pino } from 'pino'
import type { ActorId } from './errors.ts'
import { formatFor, isLet, type LogFormat, type LogLevel, levelFor } from './log-levels.ts'

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
}

export interface LogOptions {
  readonly actor: ActorId
  /** `FLOW_LOG`: see `levelFor`. */
  readonly spec?: string | undefined
  /** `FLOW_LOG_FORMAT`: `json` or `text`. */
  readonly format?: string | undefined
  /** Takes each line, its end included; by default stderr, synchronously. */
  readonly write?: (line: string) => void
}

/** Opens the log of an actor. Throws `UsageError` for a `spec` or `format` that makes no sense. */
export function createLog(options: LogOptions): Log {
  return new ActorLog(options)
}

class ActorLog implements Log {
  readonly level: LogLevel
  readonly #actor: ActorId
  readonly #format: LogFormat
  readonly #write: (line: string) => void
  #logger: Logger | undefined

  constructor({ actor, spec, format, write = writeLine }: LogOptions) {
    this.level = levelFor(actor.name, spec)
    this.#actor = actor
    this.#format = formatFor(spec, format)
    this.#write = write
  }

  get logger(): Logger {
    this.#logger ??= openPino(this.#actor, this.level, {
      write: this.#format === 'json' ? this.#write : (line) => this.#write(textOfJson(line)),
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

  #say(level: Exclude<LogLevel, 'silent'>, message: string, fields: LogFields = {}): void {
    if (!isLet(level, this.level)) return
    // The usual warning of a program that has asked for no log does not load pino.
    if (this.#format === 'text') this.#write(textOf(level, this.#actor, message, fields))
    else this.logger[level](fields, message)
  }
}

/** Loading pino takes longer than the rest of an actor's start: it is loaded when there is something to say. */
function openPino(actor: ActorId, level: LogLevel, destination: { write(line: string): void }): Logger {
  const open = createRequire(import.meta.url)('pino') as typeof pino
  const { name, id } = actor
  return open(
    {
      level,
      base: { actor: { name, id }, pid: process.pid },
      timestamp: open.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
}

function textOf(level: string, actor: ActorId, message: string, fields: LogFields): string {
  const { err, ...others } = fields
  const said = level === 'warn' || level === 'error' ? message : `${level}: ${message}`
  const details = Object.entries(others).map(([key, value]) => ` ${key}=${inspect(value, { breakLength: Infinity })}`)
  const error = err === undefined ? '' : `: ${shownError(err)}`
  // What a peer said may be in it: its escapes are not for this terminal.
  const line = `actorflow: actor '${actor.name}' (${actor.id}): ${said}${details.join('')}${error}`
  return `${stripVTControlCharacters(line)}\n`
}

function shownError(err: unknown): string {
  if (typeof err !== 'object' || err === null) return String(err)
  // An error, or what pino has made of one.
  const { stack, message } = err as { stack?: unknown; message?: unknown }
  if (typeof stack === 'string' && stack !== '') return stack
  return typeof message === 'string' ? message : inspect(err)
}

/** A line of pino as text. */
function textOfJson(line: string): string {
  const { level, time: _time, pid: _pid, actor, msg = '', ...fields } = JSON.parse(line) as Record<string, unknown>
  return textOf(String(level), actor as ActorId, String(msg), fields)
}

const stderrFd = 2

/** In the main thread the process's own stream is synchronous, and a program that draws on the terminal watches it. */
function writeLine(line: string): void {
  if (isMainThread) process.stderr.write(line)
  else writeToStderr(line)
}
const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** A thread's own stream goes through the main thread. Written when it returns, whatever happens next. A reader that does not read for a second loses the line. */
function writeToStderr(line: string): void {
  let rest = Buffer.from(line)
  for (let tries = 0; rest.byteLength > 0 && tries < 1_000; tries += 1) {
    try {
      rest = rest.subarray(writeSync(stderrFd, rest))
    } catch (error) {
      // Closed, or gone: there is nobody to tell.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(sleeper, 0, 0, 1)
    }
  }
}
