import { FlowError, fitsActor, type LogSettings, parseLevels, resolveLog } from '../../engine/index.ts'
import type { Plan } from '../plan.ts'
import { suggestion } from '../suggest.ts'
import { CommandError } from './command-error.ts'
import { exitCodes } from './exit-code.ts'
import { createJsonOutput, type ReportOutput } from './json-output.ts'
import type { LogOptions } from './log-options.ts'

/** The settings that the options of a command ask for. Throws `UsageError` for a level that is none. */
export function logSettingsOf({ logFormat, logLevel = [] }: LogOptions): LogSettings {
  for (const text of logLevel) parseLevels(text, '--log-level')
  return {
    ...(logFormat === undefined ? {} : { format: logFormat }),
    ...(logLevel.length === 0 ? {} : { level: logLevel.join(',') }),
  }
}

/** Throws `CommandError` for a level that is for a stage which the document does not have. */
export function checkLogStages({ logLevel = [] }: LogOptions, plan: Plan): void {
  const stages = plan.stages.map((stage) => stage.name)
  const actors = plan.stages.flatMap(({ name, actors }) => Array.from({ length: actors }, (_, i) => `${name}#${i + 1}`))
  for (const { pattern } of logLevel.flatMap((text) => parseLevels(text, '--log-level'))) {
    if (pattern === undefined || actors.some((actor) => fitsActor(pattern, actor))) continue
    throw new CommandError(`--log-level: there is no stage '${pattern}'${suggestion(pattern, stages)}`)
  }
}

/** What a command that runs actors has to say it on. */
interface LoggingHost {
  readonly stderr: Pick<ReportOutput, 'write'>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** How a command logs. */
export interface Logging<Host> {
  readonly settings: LogSettings
  /** The host, on whose stderr what the command itself says is in the format of the log. */
  readonly host: Host
}

/** Takes the options and the environment together. Throws `UsageError` for either that cannot be. */
export function resolveLogging<Host extends LoggingHost>(options: LogOptions, host: Host): Logging<Host> {
  const settings = logSettingsOf(options)
  const { format } = resolveLog(settings, host.environment)
  return { settings, host: format === 'json' ? { ...host, stderr: createJsonOutput(host.stderr) } : host }
}

/** Says what is wrong with the options of logs. Gives the exit code; throws what is no such error. */
export function refuseLogging(error: unknown, { stderr }: LoggingHost): number {
  if (!FlowError.is(error)) throw error
  stderr.write(`flow: ${error.message}\n`)
  return exitCodes.wrong
}
