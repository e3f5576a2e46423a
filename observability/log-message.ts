import { inspect } from 'node:util'
import {
  type Attributes,
  type LogRecord,
  ROOT_CONTEXT,
  type SeverityNumber,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import type { ActorId, LogRecord as Entry } from '../engine/index.ts'
import { attributeNames } from './attributes.ts'

// oxlint-disable typescript/no-unsafe-enum-assignment -- the numbers of the standard, which pino's levels stand for
const severities: Readonly<Record<Entry['level'], SeverityNumber>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
}
// oxlint-enable typescript/no-unsafe-enum-assignment

/**
 * An entry of a log as OpenTelemetry has it. The actor is in the resource, the span in the context, the user's fields are
 * attributes; so is the actor where it is a child, of which its owner has something to say.
 */
export function describeEntry(entry: Entry, self: ActorId): LogRecord {
  const { level, time, pid, actor, actorId, stage, actorIndex, pipeline, traceId, spanId, msg, err, ...fields } = entry
  const attributes: Attributes = {
    ...(fields as Attributes),
    [attributeNames.processId]: pid,
    ...(pipeline === undefined ? {} : { [attributeNames.pipeline]: pipeline }),
    ...(stage === undefined ? {} : { [attributeNames.stage]: stage }),
    ...(actorIndex === undefined ? {} : { [attributeNames.actorIndex]: actorIndex }),
    ...(actorId === self.id ? {} : { [attributeNames.actorName]: actor, [attributeNames.actorId]: actorId }),
    ...exceptionOf(err),
  }
  const context =
    traceId === undefined || spanId === undefined
      ? ROOT_CONTEXT
      : trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED })
  return {
    timestamp: new Date(time),
    severityNumber: severities[level],
    severityText: String(level).toUpperCase(),
    ...(msg === undefined ? {} : { body: msg }),
    attributes,
    context,
  }
}

/** What was logged as `err`, by the conventions for exceptions. */
function exceptionOf(err: unknown): Attributes {
  if (err === undefined) return {}
  const { type, message, stack } = Object(err) as { type?: unknown; message?: unknown; stack?: unknown }
  const text = typeof message === 'string' ? message : inspect(err)
  return {
    ...(typeof type === 'string' ? { [attributeNames.exceptionType]: type } : {}),
    [attributeNames.exceptionMessage]: text,
    ...(typeof stack === 'string' ? { [attributeNames.exceptionStacktrace]: stack } : {}),
  }
}
