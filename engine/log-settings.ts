import { UsageError } from './errors.ts'
import { parseLevels } from './log-levels.ts'

/** The lines of a log: JSON for programs, `pretty` for people, `text` for whoever has asked for no log. */
export const logFormats = ['json', 'pretty', 'text'] as const
export type LogFormat = (typeof logFormats)[number]

/** The logs of a whole tree, for the `log` option of a root. */
export interface LogSettings {
  /**
   * A level (`info`) for all actors, or `name=level` for those of that name or stage, in which `*` stands for any text; or
   * several with commas between. They come after those of `FLOW_LOG`, and so win. `warn` for those that nobody has set.
   */
  readonly level?: string
  /** One line of JSON an entry, or readable lines; by default `FLOW_LOG_FORMAT`, otherwise `pretty`. */
  readonly format?: 'json' | 'pretty'
}

/** The same with nothing left open: what the actors of a tree are told. */
export interface TreeLog {
  readonly spec: string
  readonly format: LogFormat
}

type Environment = Readonly<Record<string, string | undefined>>

/** Checks the settings, and takes from the environment what they leave open. Throws `UsageError` for either. */
export function resolveLog(settings: LogSettings, env: Environment): TreeLog {
  const { level, format } = settings
  parseLevels(env['FLOW_LOG'])
  parseLevels(level, "the root's log.level")
  if (format !== undefined && !logFormats.includes(format)) {
    throw new UsageError(`the root's log.format is json or pretty, not '${String(format)}'`)
  }
  const spec = [env['FLOW_LOG'], level].filter(Boolean).join(',')
  // Whoever gives settings has asked for a log.
  return { spec, format: format ?? formatFor('asked', env['FLOW_LOG_FORMAT']) }
}

/** A line or two of plain text for whoever has asked for nothing, and the log's for whoever has. Throws `UsageError`. */
export function formatFor(spec: string | undefined, format: string | undefined): LogFormat {
  if (format === undefined || format === '') return spec === undefined || spec === '' ? 'text' : 'pretty'
  const known = logFormats.find((each) => each === format)
  if (known === undefined) throw new UsageError(`FLOW_LOG_FORMAT is ${logFormats.join(', ')}, not '${format}'`)
  return known
}
