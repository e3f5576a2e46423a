// A tour of the calls that one actor can make on another. The actor's definition and the program that uses it are in one
// file: the child imports it for the definition, and only the process that was started with it runs `main`.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Context, context, defineActor, moveOnAfter, openNursery, run, sleep } from 'actorflow'

async function cellarDoor() {
  return "Dang that's beautiful"
}

async function* streamForever(delayMs: number) {
  for (;;) {
    yield 'I can see these little future bubble things'
    await sleep(delayMs)
  }
}

// A context function sends with `sendYield`, from as many places and tasks as it likes.
const streamer = context(async (ctx: Context<string>, url: string, rateHz = 2) => {
  for (;;) {
    const response = await fetch(url, { signal: ctx.signal })
    await ctx.sendYield(await response.text())
    await sleep(1000 / rateHz)
  }
})

// It can also receive: this one answers each text with its length.
const dialogue = context(async (ctx: Context<number, string, { ready: boolean }>) => {
  await ctx.started({ ready: true })
  for await (const text of ctx.stream) await ctx.stream.send(text.length)
  return 'bye'
})

const film = defineActor(import.meta.url, { cellarDoor, streamForever, streamer, dialogue })
export default film

async function main() {
  await openNursery(async (nursery) => {
    // A daemon: it lives until it is cancelled.
    const donny = await nursery.startActor('donny', film)

    // One result.
    console.log(await donny.run('cellarDoor'))

    // A stream without end, left when the time is up.
    let lineCount = 0
    const { cancelled } = await moveOnAfter(1_000, async () => {
      for await (const line of donny.stream('streamForever', 10)) {
        if (lineCount === 0) console.log(line)
        lineCount += 1
      }
    })
    console.log(cancelled && lineCount > 1 ? 'many of them, for a second' : `${lineCount} of them`)

    // A stream that polls a server, left after the third item.
    await using server = await openServer()
    let pictures = 0
    for await (const picture of donny.stream('streamer', server.url, 50)) {
      console.log(picture)
      pictures += 1
      if (pictures === 3) break
    }

    // A dialogue: items both ways.
    await using talk = await donny.openContext('dialogue')
    console.log(talk.value)
    for (const text of ['hello', 'Frank']) await talk.stream.send(text)
    await talk.stream.close()
    for await (const length of talk.stream) console.log(length)
    console.log(await talk.result())

    // An actor for one call: it ends when its function does.
    const frank = await nursery.runInActor('frank', film, 'cellarDoor')
    console.log(await frank.result())

    await donny.cancelActor()
  })
}

/** A server on this machine that gives out numbered pictures, until it is disposed. */
async function openServer() {
  let count = 0
  const server = createServer((_request, response) => {
    count += 1
    response.end(`picture ${count}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

if (import.meta.main) await run(main, { name: 'director' })
