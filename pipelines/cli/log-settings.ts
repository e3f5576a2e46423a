import { fitsActor, type LogSettings, parseLevels } from '../../engine/index.ts'
import type { Plan } from '../plan.ts'
import { suggestion } from '../suggest.ts'
import { CommandError } from './command-error.ts'
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
