import { UsageError } from './errors.ts'

/** From the one that says most to the one that says nothing; they are pino's. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** The level of those that nobody has set. */
const defaultLevel: LogLevel = 'warn'

const usage = `it is a level (${logLevels.join(', ')}) or name=level, or several with commas between, like info,words*=debug`

/**
 * The level of the actor of that name by a `FLOW_LOG`: `level` is for all, `name=level` for actors of that name, in which `*`
 * stands for any text. Of several that fit, those with a name come first, and then the last one. Throws `UsageError`.
 */
export function levelFor(name: string, spec: string | undefined): LogLevel {
  let forAll: LogLevel = defaultLevel
  let forName: LogLevel | undefined
  for (const rule of (spec ?? '').split(',').map((each) => each.trim())) {
    if (rule === '') continue
    const equals = rule.lastIndexOf('=')
    const level = parseLevel(rule, rule.slice(equals + 1).trim())
    if (equals === -1) forAll = level
    else if (matches(rule, rule.slice(0, equals).trim(), name)) forName = level
  }
  return forName ?? forAll
}

function parseLevel(rule: string, text: string): LogLevel {
  const level = logLevels.find((each) => each === text.toLowerCase())
  if (level === undefined) throw new UsageError(`FLOW_LOG: '${text}' in '${rule}' is no level: ${usage}`)
  return level
}

function matches(rule: string, pattern: string, name: string): boolean {
  if (pattern === '') throw new UsageError(`FLOW_LOG: '${rule}' has no name before its '=': ${usage}`)
  const parts = pattern.split('*').map((part) => RegExp.escape(part))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name)
}

/** Whether what is said at `level` is let through at `limit`. */
export function isLet(level: LogLevel, limit: LogLevel): boolean {
  return logLevels.indexOf(level) >= logLevels.indexOf(limit)
}

export type LogFormat = 'json' | 'text'

/** Readable lines for whoever has asked for nothing, and JSON for whoever sets `FLOW_LOG`. Throws `UsageError`. */
export function formatFor(spec: string | undefined, format: string | undefined): LogFormat {
  if (format === undefined || format === '') return spec === undefined || spec === '' ? 'text' : 'json'
  if (format === 'json' || format === 'text') return format
  throw new UsageError(`FLOW_LOG_FORMAT is json or text, not '${format}'`)
}
