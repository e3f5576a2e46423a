import { inspect, stripVTControlCharacters, styleText } from 'node:util'
import { type LogRecord, ownFields } from './log-record.ts'
import type { LogFormat } from './log-settings.ts'

/** How an entry is shown. */
export interface LogRendering {
  readonly format: LogFormat
  /** Whether whoever reads it has colours; false by default. */
  readonly colours?: boolean
}

type Style = Parameters<typeof styleText>[0]

const levelStyles: Readonly<Record<LogRecord['level'], Style>> = {
  trace: 'dim',
  debug: 'dim',
  info: 'green',
  warn: 'yellow',
  error: 'red',
  fatal: ['red', 'bold'],
}

/** An entry as a line, or several; with its end. */
export function renderRecord(record: LogRecord, { format, colours = false }: LogRendering): string {
  const paint = (style: Style, text: string) => (colours ? styleText(style, text, { validateStream: false }) : text)
  switch (format) {
    case 'json':
      return `${JSON.stringify(record)}\n`
    case 'text':
      return record.stream === undefined ? sentence(record) : printed(record, paint)
    case 'pretty':
      return record.stream === undefined ? pretty(record, paint) : printed(record, paint)
  }
}

/** In the stderr of a program that knows nothing of logs: who it is that speaks there comes first. */
function sentence(record: LogRecord): string {
  const { level, actor, actorId, msg = '', err } = record
  const said = level === 'warn' || level === 'error' ? msg : `${level}: ${msg}`
  const error = err === undefined ? '' : `: ${shownError(err)}`
  return `${printable(`actorflow: actor '${actor}' (${actorId}): ${said}${details(record)}${error}`)}\n`
}

function pretty(record: LogRecord, paint: (style: Style, text: string) => string): string {
  const { traceId, msg = '', err } = record
  const [time, level, actor] = [record.time, record.level, record.actor].map(shownField) as [string, string, string]
  const [first = '', ...rest] = printable(`${shownField(msg)}${details(record)}`).split('\n')
  if (err !== undefined) rest.push(...printable(shownError(err)).split('\n'))
  const style = isLevel(level) ? levelStyles[level] : 'bold'
  const head = [
    paint('dim', `${time.slice(11, 23)}Z`),
    paint(style, level.toUpperCase().padEnd(5)),
    paint('bold', actor),
  ]
  head.push(first)
  if (traceId !== undefined) head.push(paint('dim', `trace=${shownField(traceId)}`))
  return `${[head.join(' '), ...rest.map((line) => `    ${line}`)].join('\n')}\n`
}

/** What an actor's process wrote by itself. */
function printed({ actor, msg = '' }: LogRecord, paint: (style: Style, text: string) => string): string {
  return `${paint('bold', shownField(actor))} ${paint('dim', '|')} ${shownField(msg)}\n`
}

/** A field that should be a text; who logs may give his own the same name, with whatever is in it. */
function shownField(value: unknown): string {
  return printable(typeof value === 'string' ? value : inspect(value))
}

function isLevel(text: string): text is LogRecord['level'] {
  return Object.hasOwn(levelStyles, text)
}

function details(record: LogRecord): string {
  const others = Object.entries(record).filter(([key]) => !ownFields.has(key))
  return others.map(([key, value]) => ` ${key}=${inspect(value, { breakLength: Infinity })}`).join('')
}

function shownError(err: unknown): string {
  if (typeof err !== 'object' || err === null) return String(err)
  const { stack, message } = err as { stack?: unknown; message?: unknown }
  if (typeof stack === 'string' && stack !== '') return stack
  return typeof message === 'string' ? message : inspect(err)
}

/** What a peer said may be in it: its escapes are not for this terminal. */
function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[^\P{Control}\n\t]/gu, '')
}
