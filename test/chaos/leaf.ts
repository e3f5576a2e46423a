import { Socket } from 'node:net'
import { type Context, context, defineActor, sleep, waitForActor } from '../../index.ts'

function* count(to: number): Generator<number> {
  for (let n = 0; n < to; n += 1) yield n
}

async function* countSlowly(to: number, everyMs: number): AsyncGenerator<number> {
  for (let n = 0; n < to; n += 1) {
    yield n
    if (n % 50 === 0) await sleep(everyMs)
  }
}

/** Reads another leaf's numbers here and passes them on: three processes in a row. */
async function* relay(from: string, to: number): AsyncGenerator<number> {
  const source = await waitForActor(from, leaf, { timeoutMs: 5_000 })
  for await (const n of source.stream('count', to)) yield n
}

const echo = context(async (ctx: Context<number, number>) => {
  await ctx.started()
  for await (const n of ctx.stream) await ctx.stream.send(n)
})

async function add(a: number, b: number): Promise<number> {
  return a + b
}

/** Keeps the event loop from turning. */
function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

/** Destroys the n-th of the connections that this process has at the moment, the link to its parent included. */
function cutConnection(n: number): boolean {
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles()
  const sockets = handles.filter((handle): handle is Socket => handle instanceof Socket && !('isTTY' in handle))
  const socket = sockets[n % Math.max(1, sockets.length)]
  // After the answer to this call.
  if (socket !== undefined) setTimeout(() => socket.destroy(), 5)
  return socket !== undefined
}

const leaf = defineActor(import.meta.url, { count, countSlowly, relay, echo, add, block, cutConnection })
export default leaf
