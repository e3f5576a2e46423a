import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { startFlow } from './cli/flow-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()

writeFileSync(
  join(folder, 'prints.yaml'),
  `pipeline: prints
stages:
  numbers: { source: { generate: { count: 6 } } }
  noisy: { from: numbers, actors: 2, steps: [{ use: ./noisy.ts#noisy }] }
  # Where the data is on its way to standard output.
  report: { from: noisy, steps: [{ use: ./noisy.ts#noisy }], sink: stdout }
`,
)
writeFileSync(
  join(folder, 'noisy.ts'),
  `import { spawnSync } from 'node:child_process'
import { writeSync } from 'node:fs'
import { trace } from '${import.meta.resolve('@opentelemetry/api')}'
import { currentActor } from '${new URL('../../index.ts', import.meta.url).href}'

/** Prints in every way that there is, and logs. */
export async function* noisy(input: AsyncIterable<number>) {
  const { log } = currentActor()
  console.log('console.log')
  process.stdout.write('process.stdout\\n')
  log.warn({ rows: 3 }, 'a warning')
  process.stderr.write('without an end')
  trace.getTracer('noisy').startActiveSpan('by hand', (span) => {
    log.info({ long: 'x'.repeat(1_100_000) }, 'an info')
    span.end()
  })
  log.error(new RangeError('too far'))
  writeSync(1, 'written to fd 1\\n')
  spawnSync('echo', ['from another process'], { stdio: 'inherit' })
  for await (const n of input) {
    log.info({ n }, 'an item')
    yield n
  }
}
`,
)

writeFileSync(
  join(folder, 'fails.yaml'),
  `pipeline: fails
stages:
  numbers: { source: { generate: { count: 20 } } }
  checked: { from: numbers, steps: [{ map: "n => { if (n === 7) throw new RangeError('seven'); return n }" }] }
  report: { from: checked, sink: drop }
`,
)

/** What each of them prints by itself: what JavaScript does is in order, and what goes past it. */
const printed = ['console.log', 'process.stdout', 'without an end']
const past = ['written to fd 1', 'from another process']
const actors = ['noisy#1', 'noisy#2', 'report#1']
const data = '0\n1\n2\n3\n4\n5\n'

const sorted = (text: string) => text.trimEnd().split('\n').sort().join('\n')

interface Entry {
  readonly [field: string]: unknown
  readonly actor?: string
  readonly msg?: string
  readonly traceId?: string
  readonly spanId?: string
}

/** As much of a request as is looked at. */
interface LogsRequest {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] }
    readonly scopeLogs: readonly { readonly logRecords: readonly SentEntry[] }[]
  }[]
}

interface SentEntry {
  readonly severityText: string
  readonly body: { readonly stringValue: string }
  readonly traceId?: string
  readonly spanId?: string
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
}

/** A collector that keeps what it is sent: of each service its entries. */
async function openCollector() {
  const entries: (SentEntry & { service: string | undefined })[] = []
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      for (const { resource, scopeLogs } of (body as LogsRequest).resourceLogs) {
        const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue
        for (const entry of scopeLogs.flatMap(({ logRecords }) => logRecords)) entries.push({ ...entry, service })
      }
      response.end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    entries,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('The logs of a pipeline', () => {
  it('are one stream on stderr, line by line with the actor, and nothing of them is among the data', async () => {
    // Nobody listens there.
    const collector = { OTEL_LOGS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
    await using run = startFlow(['run', 'prints.yaml'], folder, collector)
    const { exitCode, stdout, stderr } = await run.ended()
    expect({ exitCode, stdout: sorted(stdout) }).toEqual({ exitCode: 0, stdout: sorted(data) })
    const lines = stderr.slice(0, stderr.indexOf('prints: done')).split('\n').slice(0, -1)
    for (const actor of actors) {
      const own = lines.filter((line) => line.startsWith(`${actor} | `)).map((line) => line.slice(actor.length + 3))
      expect(own.filter((line) => printed.includes(line))).toEqual(printed)
      expect(own.filter((line) => past.includes(line))).toEqual(past)
      // Its warning came between what it printed before and after; what goes past the process's streams is in order by itself.
      const warning = lines.findIndex((line) => line.endsWith(` WARN  ${actor} a warning rows=3`))
      expect(lines.slice(0, warning)).toContain(`${actor} | process.stdout`)
      expect(lines.slice(warning)).toContain(`${actor} | without an end`)
      const complaints = lines.filter((line) => line.startsWith('logs: ') && line.includes(`'${actor}'`))
      expect(complaints.at(-1)).toMatch(/^logs: lost 2 of 2 log entries of actor '/)
      expect(complaints.join()).toMatch(/to http:\/\/127\.0\.0\.1:9\b.*: .*ECONNREFUSED/)
      // In one line if the run was over by then.
      expect(complaints.length).toBeLessThanOrEqual(2)
    }
    const error = lines.indexOf(lines.find((line) => line.endsWith(' ERROR report#1 too far')) ?? '')
    expect(lines[error + 1]).toBe('    RangeError: too far')
    expect(lines.filter((line) => line.includes('an info'))).toEqual([])
  })

  it('are lines of JSON on request, with levels by stage and the ids of spans, and go to a collector too', async () => {
    await using collector = await openCollector()
    const options = '--log-format json --log-level noisy=info --logs otlp --trace console'.split(' ')
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
    await using run = startFlow(['run', 'prints.yaml', ...options], folder, environment)
    const { exitCode, stdout, stderr } = await run.ended()
    expect({ exitCode, stdout: sorted(stdout) }).toEqual({ exitCode: 0, stdout: sorted(data) })
    const entries = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry)
    expect(entries.at(-1)).toMatchObject({ actor: 'flow', level: 'info', msg: expect.stringMatching(/^prints: done/) })
    for (const actor of actors) {
      const own = entries.filter((entry) => entry.actor === actor)
      expect(own.filter(({ stream }) => stream === 'stderr').map(({ msg }) => msg)).toEqual(printed)
      expect(own.filter(({ stream }) => stream === 'stdout').map(({ msg }) => msg)).toEqual(past)
      const stage = { stage: actor.slice(0, -2), actorIndex: Number(actor.at(-1)), actorId: expect.any(String) }
      const logged = own.filter(({ stream, msg }) => stream === undefined && msg !== 'an item')
      const info = expect.objectContaining({
        ...stage,
        level: 'info',
        msg: 'an info',
        traceId: expect.any(String),
        spanId: expect.any(String),
      })
      const err = { type: 'RangeError', message: 'too far', stack: expect.stringContaining('noisy.ts') }
      expect(logged).toEqual([
        expect.objectContaining({ ...stage, level: 'warn', msg: 'a warning', rows: 3 }),
        ...(stage.stage === 'noisy' ? [info] : []),
        expect.objectContaining({ ...stage, level: 'error', msg: 'too far', err }),
      ])

      const service = `prints.${stage.stage}`
      expect(collector.entries.filter((entry) => entry.service === service).map((entry) => entry.severityText)).toEqual(
        expect.arrayContaining(logged.map(({ level }) => String(level).toUpperCase())),
      )
    }
    // Each is found beside its span, be that of the item in hand or the user's own, on stderr and in the collector.
    const idsOf = (field: 'name' | 'msg', value: string) =>
      entries.filter((entry) => entry[field] === value).map(({ traceId, spanId }) => ({ traceId, spanId }))
    const spans = idsOf('name', 'by hand')
    const infos = idsOf('msg', 'an info')
    expect(idsOf('msg', 'an item')).toHaveLength(6)
    expect(idsOf('name', 'process noisy')).toEqual(expect.arrayContaining(idsOf('msg', 'an item')))
    const sent = collector.entries.filter(({ body }) => body.stringValue === 'an info')
    expect(infos).toHaveLength(2)
    expect(spans).toEqual(expect.arrayContaining(infos))
    expect(sent.map(({ traceId, spanId }) => ({ traceId, spanId }))).toEqual(expect.arrayContaining(infos))
    const failure = collector.entries.find(({ body }) => body.stringValue === 'too far')
    expect(failure?.attributes).toContainEqual({ key: 'exception.type', value: { stringValue: 'RangeError' } })
  })
  it('have the failure of a stage as an entry of its own, beside the span of the item that it failed on', async () => {
    await using collector = await openCollector()
    const options = '--log-format json --logs otlp --trace console --view none'.split(' ')
    await using run = startFlow(['run', 'fails.yaml', ...options], folder, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    })
    const { exitCode, stderr } = await run.ended()
    expect(exitCode).toBe(1)
    const entries = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry)
    const [span] = entries.filter(
      ({ name, attributes }) => name === 'process checked' && 'error.type' in Object(attributes),
    )
    const where = {
      actor: 'checked#1',
      stage: 'checked',
      actorIndex: 1,
      actorId: expect.any(String),
      pipeline: 'fails',
    }
    const thrown = {
      type: 'RangeError',
      message: 'seven',
      stack: expect.stringContaining('RangeError: seven\n    at '),
    }
    expect(entries.filter(({ level }) => level === 'error')).toEqual([
      {
        ...where,
        level: 'error',
        time: expect.any(String),
        pid: expect.any(Number),
        msg: "stage 'checked' failed",
        traceId: span?.traceId,
        spanId: span?.spanId,
        step: 'fails.yaml:4:39',
        item: '7',
        itemNumber: 7,
        err: thrown,
      },
    ])
    const [sent, ...others] = collector.entries
    expect(others).toEqual([])
    expect(sent).toMatchObject({
      service: 'fails',
      severityText: 'ERROR',
      traceId: span?.traceId,
      spanId: span?.spanId,
    })
    expect(
      Object.fromEntries(sent?.attributes.map(({ key, value }) => [key, Object.values(value)[0]]) ?? []),
    ).toMatchObject({
      'actorflow.stage.name': 'checked',
      'actorflow.actor.name': 'checked#1',
      item: '7',
      itemNumber: 7,
      'exception.type': 'RangeError',
      'exception.message': 'seven',
      'exception.stacktrace': thrown.stack,
    })
  })
})
