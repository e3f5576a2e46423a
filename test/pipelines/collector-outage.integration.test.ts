import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { intField, messageField, textField } from '../../observability/protobuf.ts'
import { freePort } from '../support/scrape.ts'
import { startFlow } from './cli/flow-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()

writeFileSync(
  join(folder, 'doubled.yaml'),
  `pipeline: doubled
stages:
  numbers: { source: { generate: { count: "\${COUNT:-50000}" } } }
  report: { from: numbers, steps: [{ map: n => n * 2 }], sink: stdout }
`,
)

describe('flow run --trace otlp with a collector that takes and never answers', () => {
  let collector: Server
  let requestCount = 0

  beforeAll(async () => {
    collector = createServer(() => {
      requestCount += 1
    })
    await once(collector.listen(0, '127.0.0.1'), 'listening')
  })

  afterAll(async () => {
    collector.closeAllConnections()
    collector.close()
    await once(collector, 'close')
  })

  it('delivers every item, and says of each actor once that spans are dropped, and how many in the end', async () => {
    const { port } = collector.address() as AddressInfo
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` }
    await using run = startFlow(['run', 'doubled.yaml', '--trace', 'otlp', '--view', 'none'], folder, env)
    const { exitCode, stdout, stderr } = await run.ended()
    expect(exitCode).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(50_000)
    expect(requestCount).toBeGreaterThan(0)
    const said = stderr.split('\n').filter((line) => line.startsWith('tracing: '))
    for (const actor of ['doubled', 'numbers#1', 'report#1']) {
      const ofActor = said.filter((line) => line.includes(`actor '${actor}'`))
      expect(ofActor.filter((line) => line.includes('they are dropped')).length).toBeLessThanOrEqual(1)
      expect(ofActor.filter((line) => line.startsWith('tracing: lost '))).toHaveLength(1)
    }
    // A link to traces that nobody has would lead nowhere.
    expect(stderr).not.toContain('/trace')
    expect(said.join('\n')).toContain("lost 50000 of 50000 spans of actor 'numbers#1'")
  })
})

describe('flow run --trace otlp without a collector', () => {
  it('delivers every item, and says once of each actor that its spans are lost, and how many', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, COUNT: '1000' }
    await using run = startFlow(['run', 'doubled.yaml', '--trace', 'otlp', '--view', 'none'], folder, env)
    const { exitCode, stdout, stderr } = await run.ended()
    expect(exitCode).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(1_000)
    const lost = Array.from(
      stderr.matchAll(/^tracing: lost (\d+) of \1 spans of actor '(.*?)' .* to (\S+?)(?:: .*ECONNREFUSED.*)?$/gm),
      ([, count, actor, where]) => [actor, Number(count), where],
    )
    expect(new Map(lost.map(([actor, count]) => [actor, count]))).toEqual(
      // Those of the root are the run, and the starts of two actors.
      new Map([
        ['numbers#1', 1_000],
        ['report#1', 1_000],
        ['doubled', 3],
      ]),
    )
    expect(lost.map(([, , where]) => where)).toEqual([url, url, url])
    expect(stderr).toContain('ECONNREFUSED')
    expect(stderr).not.toContain('/trace')
  })
})

describe('flow run --trace otlp with a collector that rejects some of the spans', () => {
  let collector: Server

  beforeAll(async () => {
    collector = createServer((request, response) => {
      request.resume()
      const contentType = request.headers['content-type'] ?? ''
      response.setHeader('content-type', contentType)
      // As OTLP has it: a request is answered in the form that it came in, and a whole number of 64 bits is a text in JSON.
      const partialSuccess = { rejectedSpans: '1', errorMessage: 'over the quota' }
      if (contentType === 'application/json') response.end(JSON.stringify({ partialSuccess }))
      else response.end(messageField(1, intField(1, 2), textField(2, 'over the quota')))
    })
    await once(collector.listen(0, '127.0.0.1'), 'listening')
  })

  afterAll(async () => {
    collector.closeAllConnections()
    collector.close()
    await once(collector, 'close')
  })

  it('says of each actor why, and how many of them are lost', async () => {
    const { port } = collector.address() as AddressInfo
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, COUNT: '100' }
    await using run = startFlow(['run', 'doubled.yaml', '--trace', 'otlp', '--view', 'none'], folder, env)
    const { exitCode, stderr } = await run.ended()
    expect(exitCode).toBe(0)
    const said = stderr.split('\n').filter((line) => line.startsWith('tracing: '))
    // Hops are encoded by the actor itself; the run and its starts, which are other spans, by the SDK.
    for (const [actor, rejectedCount] of [
      ['numbers#1', 2],
      ['doubled', 1],
    ] as const) {
      const ofActor = said.filter((line) => line.includes(`actor '${actor}'`)).join('\n')
      expect(ofActor).toContain(`: the collector rejected ${rejectedCount}: over the quota`)
      expect(ofActor).toMatch(/^tracing: lost [1-9]\d* of \d+ spans /m)
    }
  })
})
