// Two streamers yield the same numbers; an aggregator, which starts them, passes on each number once; the main actor
// iterates it. Four processes:
//
//   streamer-1 ──┐
//                ├── aggregator ── main
//   streamer-2 ──┘
//
// node examples/aggregate.ts [count]
// OTEL_TRACES_EXPORTER=otlp node examples/aggregate.ts 100    with the way of each number in Jaeger
import { type Context, context, defineActor, openNursery, run } from 'actorflow'
import { tracing } from 'actorflow/observability'

function* numbers(count: number) {
  for (let n = 0; n < count; n++) yield n
}

export const streamer = defineActor(import.meta.url, { numbers })

const aggregate = context(async (ctx: Context<number>, count: number) => {
  const seen = new Set<number>()
  // The nursery is left when both tasks have ended and both streamers are gone; if one fails, it cancels the other.
  await openNursery(async (nursery) => {
    for (const name of ['streamer-1', 'streamer-2']) {
      void nursery.startTask(async () => {
        const portal = await nursery.startActor(name, streamer)
        for await (const n of portal.stream('numbers', count)) {
          if (seen.has(n)) continue
          seen.add(n)
          await ctx.sendYield(n)
        }
        await portal.cancelActor()
      })
    }
  })
})
export const aggregator = defineActor(import.meta.url, { aggregate })

async function main() {
  const wanted = Number(process.argv[2] ?? 1000)
  const startedAt = performance.now()
  await openNursery(async (nursery) => {
    const portal = await nursery.startActor('aggregator', aggregator)
    let count = 0
    let sum = 0
    for await (const n of portal.stream('aggregate', wanted)) {
      count += 1
      sum += n
    }
    await portal.cancelActor()
    console.log(`${count} values, their sum ${sum}, in ${Math.round(performance.now() - startedAt)} ms`)
  })
}

if (import.meta.main) {
  const attach = process.env['OTEL_TRACES_EXPORTER'] === undefined ? [] : [tracing()]
  await run(main, { name: 'main', attach })
}
