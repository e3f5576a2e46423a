import { UsageError } from './errors.ts'
import { stageOf } from './shared-name.ts'

/** From the one that says most to the one that says nothing; they are pino's. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** The level of those that nobody has set. */
const defaultLevel: LogLevel = 'warn'

const usage = `it is a level (${logLevels.join(', ')}) or name=level, or several with commas between, like info,words*=debug`

/** `level` is for all, `name=level` for those whose name fits. */
export interface LevelRule {
  readonly pattern: string | undefined
  readonly level: LogLevel
}

/** The rules of a `FLOW_LOG`, or of what `origin` names. Throws `UsageError` for one that makes no sense. */
export function parseLevels(spec: string | undefined, origin = 'FLOW_LOG'): readonly LevelRule[] {
  const rules = (spec ?? '').split(',').map((each) => each.trim())
  return rules.filter((rule) => rule !== '').map((rule) => parseRule(rule, origin))
}

function parseRule(rule: string, origin: string): LevelRule {
  const equals = rule.lastIndexOf('=')
  const text = rule.slice(equals + 1).trim()
  const level = logLevels.find((each) => each === text.toLowerCase())
  if (level === undefined) throw new UsageError(`${origin}: '${text}' in '${rule}' is no level: ${usage}`)
  if (equals === -1) return { pattern: undefined, level }
  const pattern = rule.slice(0, equals).trim()
  if (pattern === '') throw new UsageError(`${origin}: '${rule}' has no name before its '=': ${usage}`)
  return { pattern, level }
}

/**
 * The level of the actor of that name: `level` is for all, `name=level` for actors of that name, or of the stage of that
 * name. In it `*` stands for any text. Of several that fit, those with a name come first, and then the last one. Throws
 * `UsageError`.
 */
export function levelFor(name: string, spec: string | undefined): LogLevel {
  const rules = parseLevels(spec)
  const fitting = rules.findLast(({ pattern }) => pattern !== undefined && fitsActor(pattern, name))
  return (fitting ?? rules.findLast(({ pattern }) => pattern === undefined))?.level ?? defaultLevel
}

/** Whether the pattern of a rule fits an actor, by its name or that of its stage. */
export function fitsActor(pattern: string, name: string): boolean {
  return fits(pattern, name) || fits(pattern, stageOf(name))
}

function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => RegExp.escape(part))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name)
}

/** Whether what is said at `level` is let through at `limit`. */
export function isLet(level: LogLevel, limit: LogLevel): boolean {
  return logLevels.indexOf(level) >= logLevels.indexOf(limit)
}
