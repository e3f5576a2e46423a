import type { Attributes } from '@opentelemetry/api'
import { attributeNames } from './attributes.ts'

/** What was thrown, as an error; whatever may be thrown. */
export function asError(thrown: unknown): Error {
  return Error.isError(thrown) ? thrown : new Error(showThrown(thrown))
}

/** What an error is called in traces and metrics: its code, where it has one, or else its class. */
export function errorType(error: Error): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && code !== '' ? code : error.name
}

/** An error as conventions for events want it. */
export function exceptionAttributes({ name, message, stack }: Error): Attributes {
  return {
    [attributeNames.exceptionType]: name,
    [attributeNames.exceptionMessage]: message,
    ...(stack === undefined ? {} : { [attributeNames.exceptionStacktrace]: stack }),
  }
}

function showThrown(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'a value that cannot be shown was thrown'
  }
}
