import { SeverityNumber, trace } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import type { LogRecord } from '../../engine/index.ts'
import { describeEntry } from '../../observability/log-message.ts'
import { resolveLogs } from '../../observability/logs-options.ts'

const self = { name: 'words#2', id: 'ab12' }
const entry: LogRecord = {
  level: 'warn',
  time: '2026-01-31T12:00:01.250Z',
  pid: 7,
  actor: 'words#2',
  actorId: 'ab12',
  stage: 'words',
  actorIndex: 2,
  msg: 'it was late',
}

describe('An entry for OpenTelemetry', () => {
  it('has the severity, the text, and what was said with it', () => {
    const { timestamp, severityNumber, severityText, body, attributes } = describeEntry({ ...entry, rows: 3 }, self)
    expect({ timestamp, severityNumber, severityText, body }).toEqual({
      timestamp: new Date(entry.time),
      severityNumber: SeverityNumber.WARN,
      severityText: 'WARN',
      body: 'it was late',
    })
    expect(attributes).toEqual({
      'process.pid': 7,
      'actorflow.stage.name': 'words',
      'actorflow.actor.index': 2,
      rows: 3,
    })
  })

  it.each([
    [
      { type: 'TypeError', message: 'no', stack: 'TypeError: no\n    at a.ts' },
      {
        'exception.type': 'TypeError',
        'exception.message': 'no',
        'exception.stacktrace': 'TypeError: no\n    at a.ts',
      },
    ],
    [{ odd: 5 }, { 'exception.message': '{ odd: 5 }' }],
    [5, { 'exception.message': '5' }],
  ])('has the error %j by the conventions for exceptions', (err, expected) => {
    expect(describeEntry({ ...entry, err }, self).attributes).toMatchObject(expected)
  })

  it('names the actor if it is another than the one that says it', () => {
    const { attributes } = describeEntry(entry, { name: 'flow', id: 'f1' })
    expect(attributes).toMatchObject({
      'actorflow.actor.name': 'words#2',
      'actorflow.actor.id': 'ab12',
      'actorflow.stage.name': 'words',
    })
  })

  it('belongs to the span that it was said in', () => {
    const span = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
    const contextOf = (record: LogRecord) => describeEntry(record, self).context
    expect(trace.getSpanContext(contextOf({ ...entry, ...span })!)).toEqual({ ...span, traceFlags: 1 })
    expect(trace.getSpanContext(contextOf(entry)!)).toBeUndefined()
  })
})

describe('The options of logs', () => {
  it.each([
    [undefined, {}, { exporter: 'otlp' }],
    [{}, { OTEL_LOGS_EXPORTER: 'none' }, { exporter: 'none' }],
    [{ exporter: 'otlp' }, { OTEL_LOGS_EXPORTER: 'none' }, { exporter: 'otlp' }],
    [{}, { OTEL_LOGS_EXPORTER: ' Console, OTLP ' }, { exporter: 'otlp' }],
    [{ exporter: 'otlp' }, { OTEL_SDK_DISABLED: 'true' }, { exporter: 'none' }],
  ])('%j in the environment %j are %j', (options, environment, settings) => {
    expect(resolveLogs(options, environment)).toEqual({ settings, warnings: [] })
  })

  it('ignore a variable that cannot be, and say so', () => {
    expect(resolveLogs({}, { OTEL_LOGS_EXPORTER: 'file' })).toEqual({
      settings: { exporter: 'otlp' },
      warnings: ["OTEL_LOGS_EXPORTER 'file' is ignored: it is one of otlp, none"],
    })
  })

  it.each([
    [5, 'the options of logs are an object'],
    [{ ratio: 1 }, "logs have no option 'ratio': there is exporter"],
    [{ exporter: 'file' }, "the exporter of logs is one of otlp, none, not 'file'"],
  ])('%j are refused', (options, message) => {
    expect(() => resolveLogs(options, {})).toThrow(new TypeError(message))
  })
})
