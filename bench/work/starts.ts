import { median } from '../harness/statistics.ts'
import { timed } from './figures.ts'

/** Something that was started, and has given its first item. */
export interface Started {
  end(): Promise<void>
}

const count = 8

/**
 * How long it takes from the call that starts something to its first item: one after the other, each when the one before has
 * ended, and then so many at once. `pause` comes before each, and is not in its time; nor is the end of any.
 */
export async function measureStarts(
  start: (name: string) => Promise<Started>,
  pause: () => Promise<void> = async () => undefined,
): Promise<Record<string, number>> {
  // The first is not like the others: code that has never run, files that were never read.
  await (await start('first')).end()
  const each: number[] = []
  for (let i = 0; i < count; i += 1) {
    await pause()
    let started: Started | undefined
    each.push(await timed(async () => (started = await start(`alone-${i}`))))
    await started?.end()
  }
  await pause()
  let all: readonly Started[] = []
  const allReadyMs = await timed(async () => {
    all = await Promise.all(Array.from({ length: count }, (_, i) => start(`together-${i}`)))
  })
  await Promise.all(all.map((started) => started.end()))
  return { firstItemMs: median(each), allReadyMs }
}
