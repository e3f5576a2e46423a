// An HTTP server whose answers come from a standing actor: one result, and a stream of lines of JSON (NDJSON) that goes on
// for as long as its client reads. The actor is another program, which may leave and come again; see docs/http-server.md.
//
//   FLOW_REGISTRY   where the two find each other; without it this program holds the registry itself
//   FLOW_LISTEN     where the actor joins it then, as unix:/path
//   OTEL_TRACES_EXPORTER   otlp for spans of the calls, in the traces of the requests
//   PORT            of the server; 3000 by default
import { FlowError, run, sleep, toNodeReadable, waitForActor } from 'actorflow'
import { tracing } from 'actorflow/observability'
import Fastify, { type FastifyRequest } from 'fastify'
import film from '../film.ts'

// A connection that is open must not keep the server from closing: a stream has no end of its own.
const app = Fastify({ forceCloseConnections: true })

/** The actor as it is at the moment: asked for at each request, and waited for while it is being started again. */
function findFrank() {
  return waitForActor('frank', film, { timeoutMs: 500 })
}

/** Whose trace a request belongs to, where its client says so. A call with these headers goes on with it. */
function traceOf({ headers: { traceparent, tracestate, baggage } }: FastifyRequest) {
  return { traceparent, tracestate, baggage }
}

// oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify takes care of what it rejects with
app.get('/cellar-door', async (request) => {
  const frank = await findFrank()
  return { line: await frank.with({ headers: traceOf(request) }).run('cellarDoor') }
})

const query = { type: 'object', properties: { delayMs: { type: 'integer', minimum: 0, default: 10 } } }
app.get<{ Querystring: { delayMs: number } }>('/lines', { schema: { querystring: query } }, async (request, reply) => {
  const frank = await findFrank()
  const client = new AbortController()
  // Whether it has gone or has been given all: nothing of the call is left.
  reply.raw.once('close', () => client.abort(new Error('the client has gone')))
  const call = frank.with({ signal: client.signal, headers: traceOf(request) })
  const lines = call.stream('streamForever', request.query.delayMs)
  // With the first line in hand the answer can still be that there is none.
  const first = await lines.next()

  async function* json() {
    if (first.done !== true) yield `${JSON.stringify(first.value)}\n`
    // The next one is asked for when the client has taken those before it: how slow it is, the generator over there feels.
    for await (const line of lines) yield `${JSON.stringify(line)}\n`
  }
  return reply.type('application/x-ndjson').send(toNodeReadable(json(), { objectMode: false }))
})

/** What a call fails with while the actor is away, on its way out, or not yet there again. */
const awayCodes = new Set([
  'FLOW_ACTOR_NOT_FOUND',
  'FLOW_ACTOR_DRAINING',
  'FLOW_CHANNEL_BROKEN',
  'FLOW_CONTEXT_CANCELLED',
  'FLOW_REGISTRY_UNAVAILABLE',
])

app.setErrorHandler((error, _request, reply) => {
  if (!FlowError.is(error) || !awayCodes.has(error.code)) return reply.send(error)
  return reply.code(503).header('retry-after', '1').send({ error: error.message })
})

async function main() {
  console.log(`listens at ${await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 3000) })}`)
  try {
    await sleep(Infinity)
  } finally {
    await app.close()
  }
}

const listen = process.env['FLOW_LISTEN']
// Spans for the calls: OTEL_TRACES_EXPORTER=otlp.
const attach = process.env['OTEL_TRACES_EXPORTER'] === undefined ? [] : [tracing()]
await run(main, { name: 'server', attach, ...(listen === undefined ? {} : { listen: [listen] }) })
