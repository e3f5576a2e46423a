import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { trace } from '@opentelemetry/api'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Attach, LogRecord, LogWatcher } from '../../engine/index.ts'
import { attach as attachTracing } from '../../observability/attach.ts'
import { attach as attachLogs } from '../../observability/attach-logs.ts'
import { attach as attachMetrics } from '../../observability/attach-metrics.ts'
import { catchStderr } from '../support/caught-stderr.ts'
import { attachmentTo } from './attachment.ts'

const stderr = catchStderr()

afterEach(() => {
  vi.unstubAllEnvs()
})

const entry: LogRecord = {
  level: 'info',
  time: '2026-01-31T12:00:01.250Z',
  pid: 7,
  actor: 'lines',
  actorId: 'id-of-lines',
  stage: 'lines',
  msg: 'it is late',
}

/** What an actor sends before it leaves: two spans, its metrics, and two entries of its log. */
async function send(attach: Attach): Promise<void> {
  const farewells: (() => Promise<void>)[] = []
  const watchers: LogWatcher[] = []
  const attachment = attachmentTo('lines', {
    watchLog: (watcher) => void watchers.push(watcher),
    onLeave: (farewell) => void farewells.push(farewell),
  })
  await attach(attachment, { exporter: 'otlp' })
  for (let i = 0; i < 2; i++) {
    trace.getTracer('mine').startSpan('my own span').end()
    for (const watcher of watchers) watcher(entry)
  }
  await Promise.all(farewells.map((farewell) => farewell()))
}

/** A server at the address of the collector, until what is given has been sent. */
async function sendTo(answer: RequestListener, attach: Attach): Promise<void> {
  const server = createServer(answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await send(attach)
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}

describe.each([
  ['tracing', 'spans', 'rejectedSpans', attachTracing],
  ['metrics', 'data points', 'rejectedDataPoints', attachMetrics],
  ['logs', 'log entries', 'rejectedLogRecords', attachLogs],
])('What a collector does not take of %s', (topic, what, rejected, attach) => {
  it('is lost in the number that it has rejected, for its reason', async () => {
    // As OTLP has it: a whole number of 64 bits is a text in JSON.
    const answer = { partialSuccess: { [rejected]: '1', errorMessage: 'over\nthe quota' } }
    await sendTo((request, response) => void json(request).then(() => response.end(JSON.stringify(answer))), attach)
    const told = new RegExp(
      `^${topic}: lost 1 of (\\d+) ${what} of actor 'lines' \\(id-of-lines\\) to http:\\S+: the collector rejected 1: over the quota\\n$`,
    )
    expect(stderr.text).toMatch(told)
    expect(Number(told.exec(stderr.text)?.[1])).toBeGreaterThan(1)
  })

  it('is lost as a whole where a page for people answers with success', async () => {
    await sendTo(
      (_, response) => void response.setHeader('content-type', 'text/html').end('\n<!doctype html><html></html>'),
      attach,
    )
    const told = new RegExp(
      `^${topic}: lost (\\d+) of (\\d+) ${what} of actor 'lines' .*: what answered was a page for people, and no`,
    )
    expect(stderr.text).toMatch(told)
    const [, lost, all] = told.exec(stderr.text) ?? []
    expect(lost).toBe(all)
  })

  it('is nothing where the collector takes all, or has rejected none', async () => {
    const answer = { partialSuccess: { [rejected]: '0', errorMessage: 'not a word too many' } }
    await sendTo((request, response) => void json(request).then(() => response.end(JSON.stringify(answer))), attach)
    expect(stderr.text).toBe('')
  })
})
