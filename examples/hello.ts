import { defineActor, openNursery } from 'actorflow'

function* squares() {
  for (let n = 1; ; n++) yield n * n // without end: it runs as far as its consumer allows
}
export const calculator = defineActor(import.meta.url, { squares })

if (import.meta.main) {
  await openNursery(async (nursery) => {
    const portal = await nursery.startActor('calculator', calculator) // a process of its own
    for await (const square of portal.stream('squares')) {
      if (square > 50) break // the generator has run its finally when the loop is left
      console.log(square)
    }
    await portal.cancelActor()
  })
}
