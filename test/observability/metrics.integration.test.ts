import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { isDeepStrictEqual } from 'node:util'
import { metrics as api } from '@opentelemetry/api'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openNursery, UsageError, waitForActor } from '../../index.ts'
import { metrics } from '../../observability/index.ts'
import crashes from '../fixtures/actors/crashes.ts'
import keeps from '../fixtures/actors/keeps.ts'
import throws from '../fixtures/actors/throws.ts'
import { catchStderr } from '../support/caught-stderr.ts'
import { openNurseryLog } from '../support/nursery-log.ts'
import { freePort, get, listenAnywhere, scrape } from '../support/scrape.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

const stderr = catchStderr()

afterEach(() => {
  vi.unstubAllEnvs()
})

const { tree, processOf } = openTreeBed()

describe('Metrics that are served', () => {
  async function served(main: (url: string) => Promise<void>): Promise<void> {
    const port = await freePort()
    const attach = [metrics({ exporter: `prometheus://127.0.0.1:${port}` })]
    await tree(() => main(`http://127.0.0.1:${port}`), { name: 'director', pipeline: 'box-office', attach })
  }

  it('are those of all actors of the tree, at one address, and what user code measures in the root', async () => {
    await served(async (url) => {
      await openNursery(
        async (nursery) => {
          const log = openNurseryLog(nursery)
          const box = await nursery.startActor('box#2', throws, { spawn: 'inline' })
          for (let i = 0; i < 2; i++) await errorOf(box.run('ticket'))
          await errorOf(Array.fromAsync(box.stream('yieldsThenThrows', 100)))
          const anna = await nursery.startActor('anna#1', crashes, { spawn: 'thread' })
          await errorOf(anna.run('exit', 3))
          await log.until('restarted', 1)
          await using held = anna.with({ windowCount: 50 }).stream('yieldAndWait', 1_000)
          await held.next()
          api.getMeter('user').createCounter('tickets').add(3)

          const samples = await scrape(url)
          const one = (name: string, labels: Record<string, string>) => samples(name, labels).map(({ value }) => value)
          const atBox = {
            actorflow_pipeline_name: 'box-office',
            actorflow_stage_name: 'box',
            actorflow_actor_index: '2',
          }
          expect(samples('actorflow_actor_errors_total', { error_type: 'TicketError' })).toEqual([
            { value: 3, labels: { ...atBox, error_type: 'TicketError' } },
          ])
          const noErrors = samples('actorflow_actor_errors_total', { error_type: 'other' })
          expect(noErrors.map(({ value }) => value)).toEqual([0, 0, 0])
          expect(
            one('actorflow_actor_restarts_total', { actorflow_stage_name: 'director', actorflow_child: 'anna' }),
          ).toEqual([1])
          expect(one('actorflow_actor_restarts_total', { actorflow_child: 'box' })).toEqual([0])
          expect(one('actorflow_stream_items_total', { ...atBox, actorflow_direction: 'out' })).toEqual([100])
          expect(
            one('actorflow_stream_items_total', { actorflow_stage_name: 'director', actorflow_peer_stage: 'box' }),
          ).toEqual([100])
          expect(one('actorflow_stream_queue_items', { actorflow_peer_stage: 'anna' })[0]).toBeGreaterThan(0)
          expect(one('actorflow_stream_open', { actorflow_stage_name: 'anna', actorflow_direction: 'out' })).toEqual([
            1,
          ])
          expect(one('actorflow_actors', { actorflow_state: 'answering' })).toEqual([3])
          for (const name of [
            'nodejs_eventloop_delay_p99_seconds',
            'v8js_memory_heap_used_bytes',
            'process_memory_usage_bytes',
          ]) {
            const stages = samples(name).map(({ labels }) => labels['actorflow_stage_name'])
            expect(new Set(stages)).toEqual(new Set(['director', 'box', 'anna']))
          }
          expect(one('tickets_total', {})).toEqual([3])
          nursery.cancel()
        },
        { restart: 'on-failure', backoff: { initialMs: 1 } },
      )
      // Who has gone uses no memory. What went wrong has gone wrong.
      const after = await scrape(url)
      expect(after('process_memory_usage_bytes').map(({ labels }) => labels['actorflow_stage_name'])).toEqual([
        'director',
      ])
      expect(after('actorflow_actor_errors_total', { error_type: 'TicketError' })).toMatchObject([{ value: 3 }])
    })
    // The provider of the root is taken back.
    expect(api.getMeterProvider().constructor.name).toBe('NoopMeterProvider')
  })

  it('count an actor once whose parent does not answer for a while, and know of its parent while it does not itself', async () => {
    await served(async (url) => {
      await openNursery(async (nursery) => {
        const house = await nursery.startActor('house', keeps)
        await using _kept = await house.openContext(
          'keep',
          'box',
          new URL('../fixtures/actors/throws.ts', import.meta.url).href,
          {},
        )
        await errorOf((await waitForActor('box', throws)).run('ticket'))
        const errorsOfBox = async () =>
          (await scrape(url))('actorflow_actor_errors_total', {
            actorflow_stage_name: 'box',
            error_type: 'TicketError',
          }).map(({ value }) => value)
        const actors = async () => (await scrape(url))('actorflow_actors').map(({ value }) => value)
        const become = (answering: number, silent: number) =>
          waitUntil(async () => isDeepStrictEqual(await actors(), [answering, silent]), { describe: actors })
        const stopped: [name: string, answering: number][] = [
          ['house', 1],
          ['box', 2],
        ]
        expect(await errorsOfBox()).toEqual([1])
        for (const [name, answering] of stopped) {
          const { pid } = await processOf(name)
          process.kill(pid, 'SIGSTOP')
          try {
            await become(answering, 1)
            expect(await errorsOfBox()).toEqual([1])
          } finally {
            process.kill(pid, 'SIGCONT')
          }
          await become(3, 0)
          expect(await errorsOfBox()).toEqual([1])
        }
        nursery.cancel()
      })
    })
  })

  it('know how long the event loop was held up', async () => {
    await served(async (url) => {
      // The first look at the loop is what the next one is late by.
      const looks = async () => (await scrape(url))('nodejs_eventloop_delay_max_seconds')[0]?.value ?? 0
      const held = async () => {
        for (const until = performance.now() + 200; performance.now() < until; );
        return (await looks()) > 0.1
      }
      await waitUntil(held, { describe: looks })
      expect(await looks()).toBeGreaterThan(0.1)
    })
  })

  it('have a page beside them that says that the process lives, and one that says whether it is ready', async () => {
    await served(async (url) => {
      expect(await get(`${url}/healthz`)).toMatchObject({ status: 200, text: 'ok\n' })
      expect(await get(`${url}/readyz?verbose`)).toMatchObject({ status: 200, text: 'ready\n' })
      expect(await get(`${url}/healthz`, 'HEAD')).toMatchObject({ status: 200, text: '' })
      expect(await get(`${url}/healthz`, 'POST')).toMatchObject({ status: 405 })
      expect(await get(url)).toMatchObject({ status: 404, text: 'there are /metrics, /healthz, /readyz\n' })
    })
  })

  it('are refused at a port that is in use, before anything has started', async () => {
    const { server, port } = await listenAnywhere()
    try {
      const main = vi.fn<() => Promise<void>>()
      const attach = [metrics({ exporter: `prometheus://127.0.0.1:${port}` })]
      const error = await errorOf(tree(main, { attach }))
      expect(error).toBeInstanceOf(UsageError)
      expect(error.message).toBe(`metrics cannot be served at 127.0.0.1:${port}: the port is in use (EADDRINUSE)`)
      expect(main).not.toHaveBeenCalled()
    } finally {
      server.close()
    }
  })
})

describe('Metrics that are sent', () => {
  interface Posted {
    resourceMetrics: {
      resource: { attributes: { key: string; value: { stringValue?: string } }[] }
      scopeMetrics: { metrics: { name: string; unit: string; sum?: { dataPoints: { asDouble: number }[] } }[] }[]
    }[]
  }

  it('have been sent by each actor when it has left', async () => {
    const posted: Posted[] = []
    const collector = createServer((request, response) => {
      void json(request).then((body) => {
        posted.push(body as Posted)
        response.setHeader('connection', 'close').end('{}')
      })
    })
    const { server, port } = await listenAnywhere(collector)
    try {
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`)
      const attach = [metrics({ exporter: 'otlp' })]
      await tree(
        () =>
          openNursery(async (nursery) => {
            const box = await nursery.startActor('box#1', throws, { spawn: 'thread' })
            await errorOf(box.run('ticket'))
            await box.cancelActor()
          }),
        { name: 'director', pipeline: 'box-office', attach },
      )
      const services = posted.map(({ resourceMetrics: [first] }) => {
        return first?.resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue
      })
      expect(services).toEqual(['box-office.box', 'box-office.director'])
      const ofBox = posted[0]?.resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? []
      const errors = ofBox.find(({ name }) => name === 'actorflow.actor.errors')
      expect(errors?.unit).toBe('{error}')
      expect(errors?.sum?.dataPoints.map(({ asDouble }) => asDouble)).toEqual([0, 1])
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('are a line on stderr where nobody takes them, and nothing else', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${await freePort()}`)
    await tree(async () => undefined, { name: 'director', attach: [metrics({ exporter: 'otlp' })] })
    expect(stderr.text.match(/^metrics: .*$/gm)).toEqual([
      expect.stringMatching(
        /^metrics: lost (\d+) of \1 data points of actor 'director' \(\w+\) to http:\/\/127\S+: .*ECONNREFUSED/,
      ),
    ])
  })
})
