import { type Command, Option } from 'commander'

/** The options of the commands that run actors: how these log. */
export interface LogOptions {
  readonly logFormat?: 'json' | 'pretty'
  /** In the order in which they were given. */
  readonly logLevel?: readonly string[]
}

/** What the help says of logs. */
export const loggingNotes = `
Logs are on stderr: the lines of an actor's log, and what its process prints there, each with the actor's name. FLOW_LOG has
levels too, as info,words=debug; those of --log-level win. FLOW_LOG_FORMAT is json or pretty.`

/** Adds them to a command; `what` is what a level may be for. */
export function withLogOptions(command: Command, what: string): Command {
  return command
    .addOption(new Option('--log-format <format>', 'lines for people, or of JSON').choices(['json', 'pretty'] as const))
    .option(
      `--log-level <[${what}=]level>`,
      `trace, debug, info, warn (the default), error, fatal or silent: for all, or for one ${what}; more than once`,
      collect,
    )
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
