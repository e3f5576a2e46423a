import type { Attachment } from '../engine/index.ts'

type Topic = 'tracing' | 'metrics' | 'logs'

/** Sends along with a module's settings which variables are ignored: only a root knows in which format that is to be said. */
export function withWarnings(settings: object, warnings: readonly string[]): object {
  return warnings.length === 0 ? settings : { ...settings, warnings }
}

/** Says in the root what was sent along, and returns the settings alone. */
export function takeWarnings(
  { isRoot, notice }: Pick<Attachment, 'isRoot' | 'notice'>,
  topic: Topic,
  options: unknown,
): unknown {
  if (typeof options !== 'object' || options === null || !('warnings' in options)) return options
  const { warnings, ...settings } = options
  if (isRoot && Array.isArray(warnings)) for (const warning of warnings) notice('warn', `${topic}: ${warning}`)
  return settings
}
