import { describe, expect, it } from 'vitest'
import { graphNotes } from '../../../pipelines/cli/graph-notes.ts'
import { renderPlainLine } from '../../../pipelines/cli/plain-view.ts'
import { createStallWatch } from '../../../pipelines/cli/stall-watch.ts'
import { renderSummary } from '../../../pipelines/cli/summary.ts'
import type { StageState, StageStatistics } from '../../../pipelines/statistics.ts'
import { statisticsOf } from './statistics-of.ts'

const edges = [{ from: 'lines', to: 'words' }]
const idle = { idle: 1, busy: 0, blocked: 0 }
const counts = { itemsIn: 1, itemsOut: 0, queuedCount: 0 }
const actor = { name: 'lines#1', ...counts, time: idle, recent: idle, measuredMs: 0, lastProgressMs: 0 }

describe('The plain view', () => {
  it('is one line with what each stage has taken, its rate, and whom it waits for', () => {
    const statistics = statisticsOf(
      5000,
      { itemsIn: 1000, state: 'done' },
      { name: 'words', itemsIn: 4000, waiting: { on: 'input', stages: ['lines'] } },
      { name: 'report', itemsIn: 7 },
    )
    const edges = [
      { from: 'lines', to: 'words' },
      { from: 'words', to: 'report' },
    ]
    const rates = new Map([['words', 800]])
    expect(renderPlainLine(statistics, rates, edges)).toBe(
      'count 5.0 s: lines 1,000 (done), words 4,000 (800/s, waits for lines), report 7 (0/s)',
    )
  })

  it('names the bottleneck', () => {
    const statistics = statisticsOf(
      5000,
      { recent: { idle: 0, busy: 0.1, blocked: 0.9 } },
      { name: 'words', recent: { idle: 0, busy: 1, blocked: 0 } },
    )
    expect(renderPlainLine(statistics, new Map(), edges)).toMatch(
      /, words 0 \(0\/s\); bottleneck: words \(busy 100 %\); lines waits for it 90 % of the time$/,
    )
  })

  it('does not say of a stage that it is busy if it does not answer', () => {
    const statistics = statisticsOf(
      5000,
      { recent: { idle: 0, busy: 0.1, blocked: 0.9 } },
      { name: 'words', recent: { idle: 0, busy: 1, blocked: 0 } },
    )
    const [lines, words] = statistics.stages as [StageStatistics, StageStatistics]
    const silent = { ...words, perActor: words.perActor.map((actor) => ({ ...actor, silentMs: 3_000 })) }
    expect(renderPlainLine({ ...statistics, stages: [lines, silent] }, new Map(), edges)).toMatch(
      /, words 0 \(0\/s, does not answer for 3\.0 s\); bottleneck: words \(does not answer\); lines waits for it 90 % of the time$/,
    )
    const plan = {
      stages: [
        { name: 'lines', inputs: [] },
        { name: 'words', inputs: [{ stage: 'lines' }] },
      ],
    } as never
    const notes = graphNotes(plan, { ...statistics, stages: [lines, silent] }, new Map())
    expect(notes.get('words')).toEqual({ text: '0/s, does not answer, bottleneck', level: 'full' })
  })

  const busyFor = (lastProgressMs: number, elapsedMs: number, state: StageState = 'running') =>
    statisticsOf(elapsedMs, { state, perActor: [{ ...actor, measuredMs: elapsedMs, lastProgressMs }] })

  it('says once that the pipeline stands still, and once that it goes on', () => {
    const watch = createStallWatch(10_000)
    const said = [
      [9_999, 20_000],
      [10_000, 20_001],
      [11_000, 21_001],
      [3, 34_001],
      [4, 34_002],
    ].map(([ms = 0, elapsedMs = 0]) => watch.look(busyFor(ms, elapsedMs)))
    expect(said).toEqual([
      [],
      ['stalled: lines#1 busy for 10 s, no item in or out'],
      [],
      ['lines#1 goes on after 24.0 s'],
      [],
    ])
  })

  it('names each that holds it up when it begins to, and when that goes on', () => {
    const watch = createStallWatch(10_000)
    const look = (elapsedMs: number, pauseMs: number, stuckMs: number) => {
      const counted = { ...actor, measuredMs: elapsedMs }
      const stages = [
        { name: 'pause', perActor: [{ ...counted, name: 'pause#1', lastProgressMs: pauseMs }] },
        { name: 'stuck', perActor: [{ ...counted, name: 'stuck#1', lastProgressMs: stuckMs }] },
      ]
      return watch.look(statisticsOf(elapsedMs, ...stages))
    }
    expect(look(20_000, 10_000, 1_000)).toEqual(['stalled: pause#1 busy for 10 s, no item in or out'])
    expect(look(29_000, 19_000, 10_000)).toEqual(['stalled: stuck#1 busy for 10 s, no item in or out'])
    expect(look(30_000, 10, 11_000)).toEqual(['pause#1 goes on after 20.0 s'])
    expect(look(45_000, 10_000, 26_000)).toEqual(['stalled: pause#1 busy for 10 s, no item in or out'])
    expect(look(46_000, 11_000, 27_000)).toEqual([])
  })

  it.each([
    ['cancelled', []],
    ['failed', []],
    ['done', ['lines#1 goes on after 10.2 s']],
  ] as const)('says of one that stood still and now is %s: %s', (state, lines) => {
    const watch = createStallWatch(10_000)
    expect(watch.look(busyFor(10_000, 20_000))).toEqual([expect.stringMatching(/^stalled/)])
    expect(watch.look(busyFor(10_200, 20_200, state))).toEqual(lines)
  })
})

describe('The summary', () => {
  // They take turns: none sets the pace.
  const shared = { idle: 0.4, busy: 0.3, blocked: 0.3 }
  const stages = [
    { itemsIn: 20_000, itemsOut: 20_000, state: 'done', time: shared },
    { name: 'words', actors: 2, itemsIn: 19_000, itemsOut: 5, state: 'failed', time: shared },
  ] as const

  it('has what each stage took and gave, and the rate over the whole run', () => {
    expect(renderSummary(statisticsOf(2000, ...stages), 'done', edges).split('\n')).toEqual([
      'count: done in 2.0 s',
      'stage  actors  items in  items out     in/s',
      'lines       1    20,000     20,000  10.0k/s',
      'words       2    19,000          5  9.50k/s',
      '',
    ])
  })

  it('says where it is not known what a stage took', () => {
    const text = renderSummary(
      statisticsOf(
        500,
        { itemsIn: 61, itemsOut: 61 },
        { name: 'words', state: 'failed', perActor: [{ ...actor, unheard: true }] },
      ),
      'failed',
      edges,
    )
    expect(text.split('\n').slice(2)).toEqual([
      'lines       1        61         61  122/s  running',
      'words       1         –          –      –  failed',
      '',
    ])
  })

  it('names the bottleneck of a run that was longer than a moment', () => {
    const timed = [
      { ...stages[0], time: { idle: 0.02, busy: 0.1, blocked: 0.88 } },
      { ...stages[1], state: 'done', time: { idle: 0.07, busy: 0.93, blocked: 0 } },
    ] as const
    expect(
      renderSummary(statisticsOf(2000, ...timed), 'done', edges)
        .split('\n')
        .at(-2),
    ).toBe('bottleneck: words (busy 93 %); lines waited for it 88 % of the time')
    expect(renderSummary(statisticsOf(900, ...timed), 'done', edges)).not.toContain('bottleneck')
    // Most of that was the start of its processes.
    const late = { ...statisticsOf(900, ...timed), elapsedMs: 3_000 }
    expect(renderSummary(late, 'done', edges)).not.toContain('bottleneck')
  })

  it('has the states of the stages when the run did not end by itself', () => {
    const [heading, , ...rows] = renderSummary(statisticsOf(2000, ...stages), 'failed', edges).split('\n')
    expect(heading).toBe('count: failed after 2.0 s')
    expect(rows).toEqual([expect.stringMatching(/ done$/), expect.stringMatching(/ failed$/), ''])
  })
})
