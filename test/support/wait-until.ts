import { inspect } from 'node:util'

/** Waits for a condition, looking again every few milliseconds. At the deadline it fails and shows what `describe` sees. */
export async function waitUntil(
  condition: () => unknown,
  options: { withinMs?: number; describe: () => unknown },
): Promise<void> {
  const { withinMs = 10_000, describe } = options
  const deadline = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > deadline) {
      throw new Error(`not so within ${withinMs} ms: ${inspect(await describe(), { depth: 4 })}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
