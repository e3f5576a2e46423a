import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { ActorExitError, ContextCancelledError, RemoteActorError, shield } from '../../engine/index.ts'
import { openPipeline, PipelineSpecError, StageError } from '../../pipelines/index.ts'
import type { PipelineQuestions, PipelineReport } from '../../pipelines/pipeline-control.ts'
import { findActor, openNursery, run, waitForActor } from '../../registry/index.ts'
import { waitUntil } from '../support/wait-until.ts'
import { temporaryFolder } from './temporary-folder.ts'

const numbers = { source: { generate: { count: 10_000 } } }
const started: number[] = []
const folder = temporaryFolder()

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function open(stages: object) {
  const pipeline = await openPipeline({ stages })
  started.push(...pipeline.processIds)
  return pipeline
}

afterEach(async () => {
  const left = () => started.filter((pid) => isRunning(pid))
  await waitUntil(() => left().length === 0, { describe: left })
  started.length = 0
})

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('openPipeline', () => {
  it('streams the output of a stage, whole and in order', async () => {
    await using pipeline = await open({ numbers, even: { from: 'numbers', steps: [{ filter: 'n => n % 2 === 0' }] } })
    const even = await collect(pipeline.stream<number>('even'))
    expect(even).toEqual(Array.from({ length: 5_000 }, (_, index) => index * 2))
    const { stages } = await pipeline.result
    expect(stages.map(({ name, state, itemsIn, itemsOut }) => ({ name, state, itemsIn, itemsOut }))).toEqual([
      { name: 'numbers', state: 'done', itemsIn: 10_000, itemsOut: 10_000 },
      { name: 'even', state: 'done', itemsIn: 10_000, itemsOut: 5_000 },
    ])
  })

  it('takes any name for a stage, those too that every object has', async () => {
    const stages = {
      ['__proto__']: { source: { generate: { count: 3 } } },
      constructor: { from: '__proto__', steps: [{ map: 'n => n + 10' }] },
      toString: { from: ['__proto__', 'constructor'] },
    }
    await using pipeline = await open(stages)
    expect((await collect(pipeline.stream<number>('toString'))).toSorted((a, b) => a - b)).toEqual([
      0, 1, 2, 10, 11, 12,
    ])
    const { stages: done } = await pipeline.result
    expect(done.map(({ name, itemsIn }) => [name, itemsIn])).toEqual([
      ['__proto__', 3],
      ['constructor', 3],
      ['toString', 6],
    ])
  })

  it('gives every reader of a stage all of it', async () => {
    await using pipeline = await open({
      numbers,
      sum: { from: 'numbers', steps: [{ sum: 'n => n' }] },
      top: { from: 'numbers', steps: [{ topN: { count: 1 } }] },
    })
    const [all, sum, top] = await Promise.all([
      collect(pipeline.stream<number>('numbers')),
      collect(pipeline.stream('sum')),
      collect(pipeline.stream('top')),
    ])
    expect(all).toHaveLength(10_000)
    expect(sum).toEqual([49_995_000])
    expect(top).toEqual([9_999])
  })

  it('lets the actors of a stage share its input, each item once', async () => {
    await using pipeline = await open({
      numbers,
      named: { from: 'numbers', actors: 3, steps: [{ map: 'n => [process.pid, n]' }] },
    })
    const items = await collect(pipeline.stream<[number, number]>('named'))
    expect(items.map(([, n]) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: 10_000 }, (_, index) => index))
    expect(new Set(items.map(([pid]) => pid)).size).toBe(3)
  })

  it('merges the stages that one reads', async () => {
    await using pipeline = await open({
      numbers,
      more: { source: { generate: { count: 5_000, from: 10_000 } } },
      all: { from: ['numbers', 'more'] },
    })
    const items = await collect(pipeline.stream<number>('all'))
    expect(items.sort((a, b) => a - b)).toEqual(Array.from({ length: 15_000 }, (_, index) => index))
  })

  it('lets the output of another stage join at a merge step, past the steps before it', async () => {
    await using pipeline = await open({
      numbers,
      more: { source: { generate: { count: 3 } } },
      all: { from: 'numbers', steps: [{ map: 'n => n + 100' }, { merge: ['more'] }] },
    })
    const items = await collect(pipeline.stream<number>('all'))
    const expected = [0, 1, 2, ...Array.from({ length: 10_000 }, (_, index) => index + 100)]
    expect(items.sort((a, b) => a - b)).toEqual(expected)
  })

  it('uses an operator of IxJS by its name', async () => {
    await using pipeline = await open({
      numbers: { source: { generate: { count: 6 } } },
      pairs: { from: 'numbers', steps: [{ ix: 'buffer', with: [2] }] },
    })
    expect(await collect(pipeline.stream('pairs'))).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ])
  })

  it('ends the stages when the only reader leaves', async () => {
    await using pipeline = await open({ numbers: { source: { generate: {} } }, same: { from: 'numbers' } })
    for await (const n of pipeline.stream<number>('same')) if (n === 1_000) break
    const { stages } = await pipeline.result
    expect(stages.map(({ state }) => state)).toEqual(['done', 'done'])
  })

  it('ends an endless source when a take has had enough', async () => {
    await using pipeline = await open({
      numbers: { source: { generate: {} } },
      few: { from: 'numbers', steps: [{ take: 5 }] },
    })
    expect(await collect(pipeline.stream('few'))).toEqual([0, 1, 2, 3, 4])
    await pipeline.result
  })

  it('ends a source that is idle when its only reader has had enough', async () => {
    await using pipeline = await open({
      numbers,
      idle: { source: { generate: { rateHz: 0.01 } } },
      few: { from: ['numbers', 'idle'], steps: [{ take: 3 }] },
    })
    expect(await collect(pipeline.stream('few'))).toHaveLength(3)
    const { stages } = await pipeline.result
    expect(stages.map(({ state }) => state)).toEqual(['done', 'done', 'done'])
  })

  it('ends a source that has nothing to give when a take wants nothing', async () => {
    const module = join(folder, 'silent.ts')
    const waits = "new Promise((resolve) => signal.addEventListener('abort', resolve))"
    writeFileSync(module, `export async function* rows(_options: unknown, { signal }) { await ${waits} }`)
    await using pipeline = await open({
      rows: { source: `${module}#rows` },
      none: { from: 'rows', steps: [{ take: 0 }] },
    })
    expect(await collect(pipeline.stream('none'))).toEqual([])
    const { stages } = await pipeline.result
    expect(stages.map(({ state }) => state)).toEqual(['done', 'done'])
  })

  it('ends a stage whose reader is left before its first item', async () => {
    await using pipeline = await open({ numbers: { source: { generate: {} } } })
    await pipeline.stream('numbers').return?.()
    const reader = pipeline.stream('numbers')
    expect((await reader.next()).value).toBe(0)
    await reader.return?.()
    await pipeline.result
  })

  it('rejects the result and the stream with the stage that failed', async () => {
    await using pipeline = await open({
      numbers,
      picky: { from: 'numbers', steps: [{ map: 'n => { if (n === 42) throw new RangeError("no"); return n }' }] },
      after: { from: 'picky' },
    })
    const streamed = await collect(pipeline.stream('after')).catch((error: unknown) => error)
    const error: unknown = await pipeline.result.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StageError)
    expect(error).toMatchObject({ stage: 'picky', item: '42', actor: { name: 'picky#1' } })
    expect((error as StageError).cause).toBeInstanceOf(RemoteActorError)
    expect((error as StageError).cause).toMatchObject({ remoteName: 'RangeError', message: 'no' })
    expect(streamed).toBe(error)
  })

  it('rejects with the stage whose process was killed', async () => {
    await using pipeline = await open({ numbers: { source: { generate: { rateHz: 500 } } }, same: { from: 'numbers' } })
    const reading = collect(pipeline.stream('same')).catch(() => undefined)
    process.kill(pipeline.processIds[0] as number, 'SIGKILL')
    const error: unknown = await pipeline.result.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StageError)
    expect((error as StageError).stage).toBe('numbers')
    expect((error as StageError).cause).toBeInstanceOf(ActorExitError)
    await reading
  })

  it('cancels with the reason that it is given', async () => {
    await using pipeline = await open({ numbers: { source: { generate: {} } }, same: { from: 'numbers' } })
    const reading = collect(pipeline.stream('same')).catch((error: unknown) => error)
    await pipeline.cancel('enough of it')
    const error: unknown = await pipeline.result.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ContextCancelledError)
    expect(error).toMatchObject({ reason: 'enough of it' })
    expect(await reading).toBe(error)
  })

  it('does not advance the source while its output is not read', async () => {
    await using pipeline = await open({ numbers: { source: { generate: {} } }, same: { from: 'numbers' } })
    const reader = pipeline.stream<number>('same')
    expect((await reader.next()).value).toBe(0)
    const put = () => pipeline.statistics().stages.map(({ itemsOut }) => itemsOut)
    const stalled = () => pipeline.statistics().stages.every(({ waiting }) => waiting?.on === 'output')
    await waitUntil(stalled, { describe: () => pipeline.statistics().stages })
    const before = put()
    // The figures are asked for five times a second: three more answers, and nothing has moved.
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(put()).toEqual(before)
    expect(before[0]).toBeLessThan(20_000)
  })

  it('says what its stages spend their time with: those before the slow one are blocked, those after it idle', async () => {
    await using pipeline = await open({
      numbers: { source: { generate: {} } },
      paced: { source: { generate: { rateHz: 500 } } },
      slow: {
        from: 'numbers',
        actors: 2,
        steps: [{ map: 'async n => await new Promise((done) => setTimeout(done, 5, n))' }],
      },
      end: { from: ['slow', 'paced'], sink: 'drop' },
    })
    const statistics = () => pipeline.statistics().stages
    const mostly = () =>
      statistics().map(({ name, recent }) => {
        const [most] = Object.entries(recent).sort(([, one], [, other]) => other - one)
        return `${name} ${most?.[0]}`
      })
    const expected = ['numbers blocked', 'paced idle', 'slow busy', 'end idle']
    await waitUntil(() => expected.every((each) => mostly().includes(each)), { describe: statistics })
    // What an actor waits for is that of the moment at which it was asked.
    const waits = () => statistics().flatMap(({ perActor }) => perActor.map(({ waiting }) => waiting))
    const isSeen = (on: string, what: string) =>
      waits().some((waiting) => waiting?.on === on && (waiting.stages[0] ?? waiting.reason) === what)
    await waitUntil(() => isSeen('output', 'slow') && isSeen('input', 'its rate'), { describe: waits })
    expect(statistics()[2]?.perActor).toMatchObject([{ name: 'slow#1' }, { name: 'slow#2' }])
  })

  it('says what a sink of the user waits for, no longer than a line can have it', async () => {
    const file = join(folder, 'waiting-sink.ts')
    writeFileSync(
      file,
      `export async function sink(items, _, stage) {
        for await (const n of items) {
          const endWait = stage.beginWait('output', 'the database' + '!'.repeat(200 + n))
          await new Promise((resolve) => stage.signal.addEventListener('abort', resolve))
          endWait()
        }
      }`,
    )
    const source = { generate: { count: 1 } }
    await using pipeline = await open({ numbers: { source }, end: { from: 'numbers', sink: { use: `${file}#sink` } } })
    const reason = () => pipeline.statistics().stages[1]?.perActor[0]?.waiting?.reason
    await waitUntil(() => reason() !== undefined, { describe: reason })
    expect(reason()).toBe(`the database${'!'.repeat(48)}…`)
  })

  it.for([{ count: 3 }, {}])('ends its figures with its work, and not when its actors have left: %j', async (given) => {
    const permission = join(folder, `leave-${JSON.stringify(given).length}`)
    const code = `
      import { existsSync } from 'node:fs'
      import { setTimeout as delay } from 'node:timers/promises'
      const permitted = async () => { while (!existsSync(${JSON.stringify(permission)})) await delay(10) }
      export const attach = ({ isRoot, onLeave }) => { if (!isRoot) onLeave(permitted) }`
    const attach = [{ url: `data:text/javascript,${encodeURIComponent(code)}` }]
    const stages = { numbers: { source: { generate: given } }, end: { from: 'numbers', sink: 'drop' } }
    const pipeline = await openPipeline({ stages }, { attach })
    started.push(...pipeline.processIds)
    const ended = 'count' in given ? pipeline.result : pipeline.cancel()
    let [before, now] = [pipeline.statistics(), pipeline.statistics()]
    const look = () => {
      before = now
      now = pipeline.statistics()
      return before.elapsedMs === now.elapsedMs
    }
    try {
      // Whoever does not leave for much longer is made to.
      await waitUntil(look, { withinMs: 3_000, describe: () => [before, now] })
    } finally {
      writeFileSync(permission, '')
      await ended
    }
    const { elapsedMs, stages: after } = pipeline.statistics()
    expect(elapsedMs).toBe(now.elapsedMs)
    expect(after.map(({ time }) => time)).toEqual(now.stages.map(({ time }) => time))
  })

  it('answers for itself in an actor of its name, whoever is the root of its program', async () => {
    const control = { kind: 'actorflow.definition' as const, url: import.meta.url, functions: {} as PipelineQuestions }
    await run(async () => {
      const stages = { numbers: { source: 'generate' }, report: { from: 'numbers', sink: 'drop' } }
      await using pipeline = await openPipeline({ pipeline: 'counted', stages })
      const portal = await waitForActor('counted', control, { capabilities: { pipeline: 'counted' } })
      const plan = await portal.run('pipelinePlan')
      expect(plan).toEqual(pipeline.plan)
      for await (const { stages } of portal.stream('watchPipeline')) if ((stages[1]?.itemsIn ?? 0) > 0) break
      await pipeline.cancel()
      expect(await findActor('counted', control)).toBeUndefined()
    })
  })

  it.for([
    ['done', { count: 10_000 }, 'n => n', { ending: { kind: 'done' }, state: 'done', itemsIn: 10_000 }],
    ['cancelled', {}, 'n => n', { ending: { kind: 'cancelled' }, state: 'cancelled' }],
    ['failed', {}, 'n => { throw new Error() }', { ending: { kind: 'failed', code: 'FLOW_STAGE' }, state: 'failed' }],
  ] as const)(
    'tells those who watch it the last figures, and how it has ended: %s',
    async ([kind, generate, map, last]) => {
      const control = {
        kind: 'actorflow.definition' as const,
        url: import.meta.url,
        functions: {} as PipelineQuestions,
      }
      await run(async () => {
        const go = Promise.withResolvers<void>()
        const document = {
          pipeline: 'watched',
          stages: { numbers: { source: { generate } }, mapped: { from: 'numbers', steps: [{ map }] } },
        }
        const pipeline = await openPipeline(document)
        // The stage waits for its reader: nothing is over before it is watched.
        const items = pipeline.stream('mapped')
        const portal = await waitForActor('watched', control)
        const reports: PipelineReport[] = []
        const watching = (async () => {
          for await (const report of portal.stream('watchPipeline')) {
            reports.push(report)
            go.resolve()
          }
        })()
        await go.promise
        const reading = collect(items)
        if (kind === 'cancelled') await pipeline.cancel()
        await Promise.allSettled([reading, pipeline.result])
        await watching
        const { ending, stages } = reports.at(-1) as PipelineReport
        expect({ ending, ...stages[1] }).toMatchObject(last)
        expect(reports.slice(0, -1).some((report) => report.ending !== undefined)).toBe(false)
      })
    },
  )

  it('tells those who watch it how it has ended, too, when it is cancelled with the program around it', async () => {
    const control = { kind: 'actorflow.definition' as const, url: import.meta.url, functions: {} as PipelineQuestions }
    await run(async () => {
      const reports: PipelineReport[] = []
      await openNursery(async (program) => {
        const running = program.startTask(async () => {
          const stages = { numbers: { source: { generate: { rateHz: 500 } }, sink: 'drop' } }
          await using pipeline = await openPipeline({ pipeline: 'interrupted', stages })
          started.push(...pipeline.processIds)
          await pipeline.result
        })
        running.catch(() => undefined)
        // Out of the program's reach, as another program is.
        await shield(async () => {
          const portal = await waitForActor('interrupted', control)
          for await (const report of portal.stream('watchPipeline')) {
            reports.push(report)
            if (report.stages[0]?.state === 'running') program.cancel('ctrl-c')
          }
        })
        await expect(running).rejects.toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED', reason: 'ctrl-c' })
      })
      expect(reports.at(-1)).toMatchObject({ ending: { kind: 'cancelled' }, stages: [{ state: 'cancelled' }] })
      expect(await findActor('interrupted', control)).toBeUndefined()
    })
  })

  it('reports all problems of a document and starts nothing', async () => {
    const error: unknown = await openPipeline({ stages: { a: { from: 'b' }, c: { source: 'stdim' } } }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(PipelineSpecError)
    expect((error as PipelineSpecError).problems).toHaveLength(2)
  })
})
