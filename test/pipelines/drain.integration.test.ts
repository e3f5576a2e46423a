import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openPipeline } from '../../pipelines/index.ts'
import { waitUntil } from '../support/wait-until.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()

const open = (stages: object) => openPipeline({ stages })

/** A source that gives one item, and is then in the midst of something. */
const waitingSource = (waits: string) => `
  import { setTimeout } from 'node:timers/promises'
  export async function* rows(_options: unknown, { signal }: { signal: AbortSignal }) {
    yield 1
    const gone = new Promise((resolve) => signal.addEventListener('abort', resolve))
    ${waits}
  }`

describe('A pipeline that is drained', () => {
  it('lets what the source has put out arrive, and is done', async () => {
    await using pipeline = await open({ numbers: { source: { generate: { rateHz: 500 } } }, same: { from: 'numbers' } })
    const items: number[] = []
    for await (const n of pipeline.stream<number>('same')) {
      items.push(n)
      if (items.length === 20) void pipeline.drain()
    }
    expect(items).toEqual(Array.from(items, (_, index) => index))
    const { stages } = await pipeline.result
    expect(stages.map(({ itemsOut }) => itemsOut)).toEqual([items.length, items.length])
  })

  it('opens no source that has not begun', async () => {
    const module = join(folder, 'unavailable.ts')
    writeFileSync(module, `export async function rows() { throw new Error('it was opened') }`)
    await using pipeline = await open({ rows: { source: `${module}#rows` }, same: { from: 'rows', sink: 'drop' } })
    await pipeline.drain()
    const { stages } = await pipeline.result
    expect(stages).toMatchObject([
      { name: 'rows', state: 'done', itemsIn: 0 },
      { name: 'same', state: 'done', itemsIn: 0 },
    ])
  })

  it.each([
    ['gives what has come', 'await gone; yield 2', [1, 2]],
    ['throws the reason', 'await setTimeout(1e9, undefined, { signal }).catch((error) => { throw error.cause })', [1]],
    ['is one of Node', 'await setTimeout(1e9, undefined, { signal })', [1]],
    ['never ends', 'await new Promise(() => setInterval(() => {}, 1e9))', [1]],
  ])('ends a source in the midst of a wait that %s', async (what, waits, expected) => {
    const module = join(folder, `waits-${what.replaceAll(' ', '-')}.ts`)
    writeFileSync(module, waitingSource(waits))
    await using pipeline = await open({ rows: { source: `${module}#rows` }, same: { from: 'rows' } })
    const items: unknown[] = []
    for await (const item of pipeline.stream('same')) {
      items.push(item)
      if (items.length === 1) void pipeline.drain()
    }
    expect(items).toEqual(expected)
    const { stages } = await pipeline.result
    expect(stages.map(({ itemsOut }) => itemsOut)).toEqual([expected.length, expected.length])
  })

  it('tells of a source that fails then', async () => {
    const module = join(folder, 'fails-drained.ts')
    writeFileSync(module, waitingSource(`await gone; throw new RangeError('half a record')`))
    await using pipeline = await open({ rows: { source: `${module}#rows` }, same: { from: 'rows' } })
    const stream = pipeline.stream('same')
    expect((await stream.next()).value).toBe(1)
    void pipeline.drain().catch(() => undefined)
    await expect(stream.next()).rejects.toThrow('half a record')
    await expect(pipeline.result).rejects.toMatchObject({ stage: 'rows', cause: { remoteName: 'RangeError' } })
  })

  it('ends a stage in which neither the source nor the sink ever waits', async () => {
    await using pipeline = await open({ numbers: { source: { generate: {} }, sink: 'drop' } })
    const stagesNow = () => pipeline.statistics().stages
    await waitUntil(() => (stagesNow()[0]?.itemsOut ?? 0) > 1_000, { describe: stagesNow })
    await pipeline.drain()
    const { stages } = await pipeline.result
    expect(stages).toMatchObject([{ state: 'done', itemsIn: stages[0]?.itemsOut }])
  })
})
