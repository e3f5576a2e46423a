import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Interceptor } from '../../engine/index.ts'
import { defaultGraces } from '../../engine/tree.ts'
import { attach } from '../../observability/attach.ts'
import { attachmentTo } from './attachment.ts'
import { hopBetween, inTexts } from './hops.ts'
import { readRequest } from './otlp-request.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

interface Attached extends ReturnType<typeof inTexts> {
  leave(): Promise<void>
}

describe('Attached tracing', () => {
  let stderr: string[]

  beforeEach(() => {
    stderr = []
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      stderr.push(String(text))
      return true
    })
  })

  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
  })

  /** What the module attaches, and has done when the actor leaves. */
  async function attachTo(name: string, options: object, pipeline?: string): Promise<Attached | undefined> {
    let interceptor: Interceptor | undefined
    const farewells: (() => Promise<void>)[] = []
    const attachment = attachmentTo(name, {
      pipeline,
      intercept: (given) => void (interceptor = given),
      onLeave: (farewell) => void farewells.push(farewell),
    })
    await attach(attachment, options)
    const leave = async () => void (await Promise.all(farewells.map((farewell) => farewell())))
    return interceptor && { ...inTexts(interceptor), leave }
  }

  describe('with a collector', () => {
    let collector: Server
    let requests: { url: string | undefined; method: string | undefined; type: string | undefined; body: Buffer }[]

    beforeEach(async () => {
      requests = []
      const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
        const { url, method, headers } = request
        requests.push({ url, method, type: headers['content-type'], body: await buffer(request) })
        response.setHeader('content-type', 'application/json').end('{}')
      }
      collector = createServer((request, response) => void take(request, response))
      await once(collector.listen(0, '127.0.0.1'), 'listening')
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', urlOf(collector))
    })

    afterEach(async () => {
      collector.closeAllConnections()
      collector.close()
      await once(collector, 'close')
    })

    it('has sent every span when the actor has left', async () => {
      const tracing = await attachTo('lines', { exporter: 'otlp' })
      for (let i = 0; i < 1000; i++) tracing?.itemSent(hopBetween('lines', 'words'), undefined)
      await tracing?.leave()

      expect(requests.length).toBeGreaterThan(0)
      expect(requests.every(({ url, method }) => url === '/v1/traces' && method === 'POST')).toBe(true)
      expect(requests.every(({ type }) => type === 'application/x-protobuf')).toBe(true)
      const spans = requests.flatMap(({ body }) => readRequest(body).spans)
      expect(spans.length).toBe(1000)
      expect(spans[0]).toMatchObject({ name: 'send words', kind: 4 })
      expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(1000)
      expect(stderr).toEqual([])
    })

    it('calls itself by pipeline, stage and actor, and takes what else it is by from the environment', async () => {
      vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=test,service.name=of-all')
      const tracing = await attachTo('words#2', { exporter: 'otlp' }, 'word-count')
      tracing?.itemSent(hopBetween('words#2', 'counts'), undefined)
      await tracing?.leave()

      const [request] = requests.map(({ body }) => readRequest(body))
      expect(request?.scope).toEqual({
        name: 'actorflow',
        version,
        schemaUrl: 'https://opentelemetry.io/schemas/1.45.0',
      })
      expect(request?.resource).toMatchObject({
        'service.name': 'word-count.words',
        'service.instance.id': 'id-of-words#2',
        'deployment.environment.name': 'test',
      })
    })

    it('sends headers along, as the environment has them, and the spans packed if it says so', async () => {
      vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Basic%20Zm9v')
      vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip')
      const headers: IncomingMessage['headers'][] = []
      collector.on('request', (request: IncomingMessage) => headers.push(request.headers))
      const tracing = await attachTo('words', { exporter: 'otlp' })
      tracing?.itemSent(hopBetween('words', 'counts'), undefined)
      await tracing?.leave()
      expect(headers).toMatchObject([{ authorization: 'Basic Zm9v', 'content-encoding': 'gzip' }])
      expect(readRequest(gunzipSync(requests[0]?.body ?? '')).spans).toHaveLength(1)
    })

    it('sends what there is within a second or so, while the actor lives', async () => {
      const tracing = await attachTo('lines', { exporter: 'otlp' })
      tracing?.itemSent(hopBetween('lines', 'words'), undefined)
      await expect.poll(() => requests.length, { timeout: 5_000 }).toBe(1)
      await tracing?.leave()
      expect(requests.length).toBe(1)
    })

    it('sends the spans of user code along, until the actor leaves', async () => {
      const tracing = await attachTo('words', { exporter: 'otlp' })
      trace.getTracer('mine').startSpan('my own span').end()
      await tracing?.leave()
      expect(JSON.parse(String(requests[0]?.body)).resourceSpans[0].scopeSpans[0].spans[0].name).toBe('my own span')
      expect(trace.getTracer('mine').startSpan('another').isRecording()).toBe(false)
    })
  })

  describe('with a collector that does not do its work', () => {
    const unavailable = (status: number) => (_: IncomingMessage, response: ServerResponse) =>
      void response.writeHead(status, { 'retry-after': '60' }).end()

    it.each([
      ['takes and never answers', () => {}, /timed? ?out/i],
      ['answers 503', unavailable(503), /503|Service Unavailable|retryable/i],
      ['answers 429', unavailable(429), /429|Too Many Requests|retryable/i],
    ])(
      'keeps no more than it may, and says once that spans are lost and then how many, when it %s',
      async (_, answer, why) => {
        const collector = createServer(answer)
        await once(collector.listen(0, '127.0.0.1'), 'listening')
        vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', urlOf(collector))

        const tracing = await attachTo('lines', { exporter: 'otlp' })
        const hop = hopBetween('lines', 'words')
        tracing?.itemSent(hop, undefined)
        // It says so when the first of them is given up, long before the end.
        await expect.poll(() => stderr.length, { timeout: 10_000 }).toBe(1)
        expect(stderr[0]).toMatch(
          /^tracing: cannot send spans of actor 'lines' .*; they are dropped, and the pipeline runs on\n$/,
        )
        expect(stderr[0]).toMatch(why)

        const before = process.memoryUsage().arrayBuffers
        for (let i = 0; i < 400_000; i++) tracing?.itemSent(hop, undefined)
        // 400,000 of them are 100 MB as they are sent.
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 2 ** 20)
        await tracing?.leave()
        expect(stderr.slice(1)).toEqual([
          expect.stringMatching(
            /^tracing: lost 400001 of 400001 spans of actor 'lines' \(id-of-lines\) to http:\S+\n$/,
          ),
        ])
        collector.closeAllConnections()
        collector.close()
        await once(collector, 'close')
      },
    )

    it('counts as lost what was sent to a page for people, which answers with success', async () => {
      const page = createServer((_, response) => {
        response.setHeader('content-type', 'text/html').end('\n<!doctype html><html></html>')
      })
      await once(page.listen(0, '127.0.0.1'), 'listening')
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', urlOf(page))
      const tracing = await attachTo('lines', { exporter: 'otlp' })
      tracing?.itemSent(hopBetween('lines', 'words'), undefined)
      trace.getTracer('mine').startSpan('my own span').end()
      await tracing?.leave()
      expect(stderr).toEqual([
        expect.stringMatching(
          /^tracing: lost 2 of 2 spans of actor 'lines' .*: what answered was a page for people, and no/,
        ),
      ])
      page.closeAllConnections()
      page.close()
      await once(page, 'close')
    })

    it('says it at once when spans come faster than they are taken', async () => {
      const collector = createServer(() => {})
      await once(collector.listen(0, '127.0.0.1'), 'listening')
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', urlOf(collector))
      const tracing = await attachTo('lines', { exporter: 'otlp' })
      const hop = hopBetween('lines', 'words')
      for (let i = 0; i < 100_000; i++) expect(tracing?.itemSent(hop, undefined)).toMatch(/-01$/)
      expect(stderr).toEqual([expect.stringContaining('they come faster than they are taken; they are dropped')])
      const startMs = performance.now()
      await tracing?.leave()
      expect(performance.now() - startMs).toBeLessThan(defaultGraces.cancelGraceMs)
      expect(stderr.slice(1)).toEqual([expect.stringContaining('lost 100000 of 100000 spans')])
      collector.closeAllConnections()
      collector.close()
      await once(collector, 'close')
    })

    it('leaves in time, with one line of complaint, when nobody listens', async () => {
      const gone = createServer()
      await once(gone.listen(0, '127.0.0.1'), 'listening')
      const url = urlOf(gone)
      gone.close()
      await once(gone, 'close')
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url)

      const tracing = await attachTo('lines', { exporter: 'otlp' })
      for (let i = 0; i < 1000; i++) tracing?.itemSent(hopBetween('lines', 'words'), undefined)
      const startMs = performance.now()
      await tracing?.leave()
      expect(performance.now() - startMs).toBeLessThan(defaultGraces.cancelGraceMs)
      expect(stderr).toEqual([
        expect.stringMatching(
          /^tracing: lost 1000 of 1000 spans of actor 'lines' \(id-of-lines\) to http:.*ECONNREFUSED.*\n$/,
        ),
      ])
    })
  })

  it('writes to stderr, and never to stdout, when the exporter is the console', async () => {
    const stdout = vi.spyOn(process.stdout, 'write')
    const tracing = await attachTo('lines', { exporter: 'console' })
    tracing?.itemSent(hopBetween('lines', 'words'), undefined)
    await tracing?.leave()
    expect(stderr.map((line) => JSON.parse(line))).toMatchObject([{ service: 'lines', name: 'send words' }])
    expect(stdout).not.toHaveBeenCalled()
  })

  it('attaches nothing when there is no exporter', async () => {
    expect(await attachTo('lines', { exporter: 'none' })).toBeUndefined()
    vi.stubEnv('OTEL_SDK_DISABLED', 'true')
    expect(await attachTo('lines', { exporter: 'otlp' })).toBeUndefined()
  })

  it('refuses options that cannot be', async () => {
    await expect(attachTo('lines', { exporter: 'zipkin' })).rejects.toThrow(TypeError)
  })
})

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
