import { describe, expect, it } from 'vitest'
import { planObject } from '../../pipelines/index.ts'
import { ActorRecord, RunFigures } from '../../pipelines/run-figures.ts'
import type { ActorFigures } from '../../pipelines/wiring.ts'

const plan = planObject({
  pipeline: 'count',
  stages: { numbers: { source: 'generate' }, words: { from: 'numbers', actors: 2, sink: 'drop' } },
})

const figures = (itemsIn: number, more: Partial<ActorFigures> = {}): ActorFigures => ({
  itemsIn,
  itemsOut: 0,
  idleMs: 0,
  busyMs: 0,
  blockedMs: 0,
  progressAgeMs: 0,
  ...more,
})

function openFigures() {
  const run = new RunFigures(plan)
  const first = new ActorRecord('words', 'words#1', run.clock)
  const second = new ActorRecord('words', 'words#2', run.clock)
  run.records = [new ActorRecord('numbers', 'numbers#1', run.clock), first, second]
  return { run, first, second, words: () => run.statistics().stages[1] }
}

describe('RunFigures', () => {
  it('has its stages before their actors have started', () => {
    const { stages } = new RunFigures(plan).statistics()
    expect(stages).toMatchObject([
      { name: 'numbers', actors: 1, state: 'starting', perActor: [] },
      { name: 'words', actors: 2, state: 'starting', perActor: [] },
    ])
  })

  it('adds up the actors of a stage, which is done when the last of them is', () => {
    const { run, first, second, words } = openFigures()
    run.state = 'running'
    first.end(figures(3))
    expect(words()).toMatchObject({ itemsIn: 3, state: 'running' })
    second.end(figures(4))
    expect(words()).toMatchObject({ itemsIn: 7, state: 'done', perActor: [{ name: 'words#1' }, { name: 'words#2' }] })
  })

  it('says which stage has failed, how far that had come, and what became of the others', () => {
    const { run, first, words } = openFigures()
    first.fail(figures(3))
    run.failedStage = 'words'
    run.state = 'cancelled'
    expect(words()).toMatchObject({ itemsIn: 3, state: 'failed' })
    expect(run.statistics().stages[0]).toMatchObject({ state: 'cancelled' })
  })

  it('stands still from the end on', async () => {
    const { run } = openFigures()
    run.end()
    const atEnd = run.statistics()
    const turned = performance.now()
    while (performance.now() === turned) await new Promise((resolve) => setImmediate(resolve))
    run.end()
    expect(run.statistics()).toEqual(atEnd)
  })
})
