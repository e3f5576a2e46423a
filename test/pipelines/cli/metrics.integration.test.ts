import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { get, listenAnywhere, scrape } from '../../support/scrape.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { startFlow } from './flow-process.ts'

const folder = temporaryFolder()

// Two actors of its second stage take a hundred items each, and then no more.
writeFileSync(
  join(folder, 'stuck.yaml'),
  `
pipeline: stuck
stages:
  numbers: { source: generate }
  words: { from: numbers, actors: 2, steps: [{ use: ./stuck.ts#takeNoMore }] }
  report: { from: words, sink: drop }
`,
)
writeFileSync(
  join(folder, 'stuck.ts'),
  `
import { setTimeout } from 'node:timers/promises'

export async function* takeNoMore(input: AsyncIterable<number>, _options: unknown, { signal }: { signal: AbortSignal }) {
  let count = 0
  for await (const n of input) {
    if (count++ === 100) await setTimeout(1e9, undefined, { signal })
    yield n
  }
}
`,
)

describe('flow run --metrics', () => {
  it('serves the figures of all stages, and is ready no more once nothing moves in the pipeline', async () => {
    const serve = ['--metrics', 'prometheus://127.0.0.1:0', '--stall-after', '1s']
    await using run = startFlow(['run', 'stuck.yaml', '--view', 'none', ...serve], folder)
    await run.saysOnStderr('/metrics\n')
    const url = /http:\/\/[\d.:]+/.exec(run.stderr)?.[0] ?? ''
    expect(await get(`${url}/healthz`)).toMatchObject({ status: 200 })

    const notReady = async () => (await get(`${url}/readyz`)).text
    await waitUntil(async () => (await notReady()).includes('no progress'), { describe: notReady })
    expect(await get(`${url}/readyz`)).toMatchObject({ status: 503 })
    expect(await notReady()).toMatch(
      /^not ready: pipeline 'stuck' has made no progress for \d+ s: numbers#1 blocked \d+ s on words: words#[12] busy for \d+ s, no item in or out\n$/,
    )

    const samples = await scrape(url)
    const shares = samples('actorflow_stage_time_share_ratio', { actorflow_pipeline_name: 'stuck' })
    const sums = Object.groupBy(
      shares,
      ({ labels }) => `${labels['actorflow_stage_name']}#${labels['actorflow_actor_index']}`,
    )
    expect(Object.keys(sums)).toEqual(['numbers#1', 'words#1', 'words#2', 'report#1'])
    for (const parts of Object.values(sums)) {
      expect(parts?.map(({ labels }) => labels['actorflow_state'])).toEqual(['idle', 'busy', 'blocked'])
      expect(parts?.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(1, 9)
    }
    expect(
      samples('actorflow_stage_items_total', { actorflow_stage_name: 'words', actorflow_direction: 'out' }),
    ).toMatchObject([{ value: 100 }, { value: 100 }])
    // What words has not taken waits there, and numbers has no credit left for more than that.
    const [queued] = samples('actorflow_stream_queue_items', {
      actorflow_stage_name: 'words',
      actorflow_actor_index: '1',
    })
    expect(queued?.value).toBeGreaterThan(0)
    const creditOf = (stage: string) =>
      samples('actorflow_stream_credit_items', { actorflow_stage_name: stage }).map(({ value }) => value)
    expect(creditOf('numbers')).toEqual([0])
    // A window of 4096 items, of which 100 have gone.
    expect(creditOf('words')).toEqual([3_996, 3_996])
    const ages = samples('actorflow_stage_progress_age_seconds', { actorflow_stage_name: 'words' })
    for (const { value } of ages) expect(value).toBeGreaterThan(1)

    const { text } = await get(`${url}/metrics`)
    // A strict reader wants it to be the end of the name.
    expect(text).not.toContain('# UNIT ')
    for (const histogram of ['actorflow_stage_handler_duration_seconds', 'actorflow_stage_batch_items']) {
      // The batch that words stands in may be its first.
      const ofReport = `{actorflow_pipeline_name="stuck",actorflow_stage_name="report",actorflow_actor_index="1"`
      const valueOf = (line: string) =>
        Number(
          text
            .split('\n')
            .find((each) => each.startsWith(line))
            ?.split(' ')
            .at(-1),
        )
      expect(text).toContain(`# TYPE ${histogram} histogram\n`)
      const count = valueOf(`${histogram}_count${ofReport}}`)
      expect(count).toBeGreaterThan(0)
      expect(valueOf(`${histogram}_bucket${ofReport},le="+Inf"}`)).toBe(count)
      expect(valueOf(`${histogram}_sum${ofReport}}`)).toBeGreaterThan(0)
    }

    run.ctrlC()
    await run.saysOnStderr('draining')
    run.ctrlC()
    expect((await run.ended()).exitCode).toBe(130)
    await expect(get(url)).rejects.toThrow('fetch failed')
  })

  it('says that the port is in use, and starts nothing', async () => {
    const { server, port } = await listenAnywhere()
    try {
      await using run = startFlow(['run', 'stuck.yaml', '--metrics', `prometheus://127.0.0.1:${port}`], folder)
      const { exitCode, stderr } = await run.ended()
      expect(exitCode).toBe(1)
      expect(stderr).toBe(`flow: metrics cannot be served at 127.0.0.1:${port}: the port is in use (EADDRINUSE)\n`)
    } finally {
      server.close()
    }
  })
})
