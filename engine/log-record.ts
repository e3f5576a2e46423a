import { inspect } from 'node:util'
import type { LogLevel } from './log-levels.ts'
import type { Member } from './member.ts'
import { parseSharedName } from './shared-name.ts'

/** One entry of a log, with the names that it has in a line of JSON. What was said with the message is beside these. */
export interface LogRecord {
  readonly level: Exclude<LogLevel, 'silent'>
  /** ISO 8601. */
  readonly time: string
  readonly pid: number
  /** The actor's name and id. */
  readonly actor: string
  readonly actorId: string
  /** Of an actor of a stage, `words#2`: which stage, and as which of its actors. */
  readonly stage?: string
  readonly actorIndex?: number
  /** The pipeline that the actor works for, if any. */
  readonly pipeline?: string
  /** The span in which it was said, if that is one that is followed. */
  readonly traceId?: string
  readonly spanId?: string
  /** Of a line that was no entry: what the actor's process, or one that it started, wrote there itself. */
  readonly stream?: 'stdout' | 'stderr'
  readonly msg?: string
  /** It was too long for a line: fields of it are. */
  readonly cut?: boolean
  /** An error as `describeError` has it, or whatever else was thrown. */
  readonly err?: unknown
  readonly [field: string]: unknown
}

/** What every entry of an actor has. */
export function describeActor({
  name,
  id,
  pipeline,
}: Member): Pick<LogRecord, 'actor' | 'actorId' | 'stage' | 'actorIndex' | 'pipeline'> {
  const shared = parseSharedName(name)
  return {
    actor: name,
    actorId: id,
    ...(shared && { stage: shared.stage, actorIndex: shared.index }),
    ...(pipeline === undefined ? {} : { pipeline }),
  }
}

/** The names of the log's own fields. What a user gives one of them is kept under another: see `withoutOwn`. */
export const ownFields: ReadonlySet<string> = new Set([
  'level',
  'time',
  'pid',
  ...Object.keys(describeActor({ name: 'a#1', id: '', pipeline: '' })),
  'traceId',
  'spanId',
  'stream',
  'msg',
  'err',
  'cut',
])

/** Fields of a user's, of which those with names of the log's own have a `_` before them, unless they are in `free`. */
export function withoutOwn<Fields extends object>(fields: Fields, free: readonly string[]): Fields {
  const isTaken = (key: string) => ownFields.has(key) && !free.includes(key)
  if (!Object.keys(fields).some(isTaken)) return fields
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [isTaken(key) ? `_${key}` : key, value as unknown]),
  ) as Fields
}

/** An error as plain data: its name, message, stack with those of its causes, and own fields. Other values as they are. */
export function describeError(error: unknown): unknown {
  if (!Error.isError(error)) return error
  const { name: type, message } = error
  const own = Object.entries(error).filter(([key]) => !['name', 'message', 'stack', 'cause'].includes(key))
  return { type, message, stack: stackOf(error), ...Object.fromEntries(own) }
}

const most = 8

function stackOf(error: Error): string {
  const stacks: string[] = []
  let cause: unknown = error
  while (Error.isError(cause) && stacks.length < most) {
    stacks.push(cause.stack || `${cause.name}: ${cause.message}`)
    cause = cause.cause
  }
  if (cause !== undefined && !Error.isError(cause)) stacks.push(inspect(cause))
  return stacks.join('\ncaused by ')
}
