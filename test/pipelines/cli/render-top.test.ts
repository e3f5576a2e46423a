import { describe, expect, it } from 'vitest'
import type { FollowedPipeline } from '../../../pipelines/cli/followed-pipelines.ts'
import { renderTop, type TopPicture } from '../../../pipelines/cli/render-top.ts'
import { planObject } from '../../../pipelines/index.ts'
import type { StageStatistics } from '../../../pipelines/statistics.ts'
import { statisticsOf } from './statistics-of.ts'

const plan = planObject({
  pipeline: 'count',
  stages: {
    lines: { source: 'generate' },
    words: { from: 'lines', actors: 2 },
    report: { from: 'words', sink: 'drop' },
  },
})
const busy = { idle: 0.02, busy: 0.93, blocked: 0.05 }
const blocked = { idle: 0, busy: 0.12, blocked: 0.88 }
const idle = { idle: 0.9, busy: 0.1, blocked: 0 }
const stages: Partial<StageStatistics>[] = [
  { itemsIn: 1_200, itemsOut: 1_100, recent: blocked, waiting: { on: 'output', stages: ['words'] } },
  {
    name: 'words',
    actors: 2,
    itemsIn: 1_000,
    itemsOut: 990,
    recent: busy,
    perActor: [1, 2].map((number) => ({
      name: `words#${number}`,
      itemsIn: 500,
      itemsOut: 495,
      time: busy,
      recent: busy,
      measuredMs: 60_000,
      lastProgressMs: 1,
      queuedCount: 12,
    })),
  },
  { name: 'report', itemsIn: 990, itemsOut: 990, recent: idle, waiting: { on: 'input', stages: ['words'] } },
]

function followed(name: string, more: Partial<FollowedPipeline> = {}): FollowedPipeline {
  const found = {
    name,
    id: `${name}-id`,
    plan: () => expect.unreachable(),
    watch: () => expect.unreachable(),
    place: { host: 'here', pid: 100 },
  }
  const rates = { in: new Map([['words', 1_000]]), out: new Map([['words', 990]]) }
  return { found, plan, statistics: statisticsOf(12_340, ...stages), heardAtMs: 0, rates, ...more }
}

function picture(more: Partial<TopPicture> = {}): TopPicture {
  const count = followed('count')
  return {
    pipelines: [count],
    chosen: count,
    none: 'no pipeline runs',
    others: [],
    stallAfterMs: 10_000,
    nowMs: 0,
    ...more,
  }
}

const large = { width: 200, height: 40 }
const texts = (of: TopPicture, size = large) => renderTop(of, size).map(({ text }) => text)

describe('The picture of flow top', () => {
  it('has the stages with their actors, how they spend their time, and the bottleneck', () => {
    expect(texts(picture()).join('\n')).toMatchInlineSnapshot(`
      "count  12.3 s  here, process 100
      stage      actors  state    items in  items out  queued     in/s  out/s  █busy ▒blocked  busy  blocked
      lines           1  running     1,200      1,100       0      0/s    0/s  ██▒▒▒▒▒▒▒▒▒▒▒▒  12 %     88 %  blocked by words
      words           2  running     1,000        990       0  1.00k/s  990/s  █████████████▒  93 %      5 %
        words#1                        500        495      12                  █████████████▒  93 %      5 %
        words#2                        500        495      12                  █████████████▒  93 %      5 %
      report          1  running       990        990       0      0/s    0/s  █·············  10 %      0 %  waits for words
      bottleneck: words (busy 93 %); lines waits for it 88 % of the time, report 90 %"
    `)
  })

  it('does not say what an actor does that does not answer, nor a stage of such actors', () => {
    const [lines, words] = statisticsOf(12_340, ...stages).stages
    const [first, second] = words?.perActor ?? []
    const silent = { recent: { idle: 0, busy: 1, blocked: 0 }, silentMs: 5_000 }
    const statistics = statisticsOf(
      12_340,
      { ...lines, perActor: [{ ...lines?.perActor[0], ...silent }] } as Partial<StageStatistics>,
      { ...words, recent: silent.recent, perActor: [{ ...first, ...silent }, second] } as Partial<StageStatistics>,
    )
    expect(texts(picture({ chosen: followed('count', { statistics }) })).slice(2, 6)).toEqual([
      expect.stringMatching(/^lines +1 +running +1,200 +1,100 +0 +0\/s +0\/s +does not answer for 5\.0 s$/),
      expect.stringMatching(/^words +2 +running .*█████████████▒ +93 % +5 %$/),
      expect.stringMatching(/^ {2}words#1 +500 +495 +12 +does not answer for 5\.0 s$/),
      expect.stringMatching(/^ {2}words#2 +500 +495 +12 +█████████████▒ +93 % +5 %$/),
    ])
  })

  it('has the other actors of the registry, and what keys do at the bottom', () => {
    const lines = texts(picture({ others: ['name   id', 'frank  x'], keys: 'q: leave' }))
    expect(lines.slice(-4)).toEqual(['', 'name   id', 'frank  x', 'q: leave'])
  })

  it('has all pipelines by number where there are several, and only the stages of the chosen one', () => {
    const [count, other] = [followed('count'), followed('other')]
    const [first, title] = texts(picture({ pipelines: [count, other], chosen: other }))
    expect([first, title]).toEqual([' 1 count  [2 other]', 'count  12.3 s  here, process 100'])
  })

  it('has the chosen one of many in its line, however narrow that is', () => {
    const pipelines = Array.from({ length: 11 }, (_, index) => followed(`pipeline-${index + 1}`))
    const heads = [0, 5, 10].map(
      (index) =>
        texts(picture({ pipelines, chosen: pipelines[index] as FollowedPipeline }), { width: 60, height: 24 })[0],
    )
    expect(heads).toEqual([
      '[1 pipeline-1]  2 pipeline-2   3 pipeline-3  …',
      '…  5 pipeline-5  [6 pipeline-6]  7 pipeline-7  …',
      '…  9 pipeline-9   10 pipeline-10  [11 pipeline-11]',
    ])
  })

  it('leaves out what says least where the terminal is narrow', () => {
    const rowsAt = (width: number) => texts(picture(), { width, height: 24 }).slice(1, -1)
    expect(rowsAt(80)).toEqual([
      'stage      state    items in  queued     in/s  busy  blocked',
      'lines      running     1,200       0      0/s  12 %     88 %  blocked by words',
      'words      running     1,000       0  1.00k/s  93 %      5 %',
      '  words#1                500      12           93 %      5 %',
      '  words#2                500      12           93 %      5 %',
      'report     running       990       0      0/s  10 %      0 %  waits for words',
    ])
    expect(rowsAt(40)).toEqual([
      'stage         in/s',
      'lines          0/s  blocked by words',
      'words      1.00k/s',
      '  words#1',
      '  words#2',
      'report         0/s  waits for words',
    ])
  })

  it('tells pipelines of one name by their processes or, in one process, by their ids, and says which have ended', () => {
    const named = (id: string, pid: number, kind?: 'done') => {
      const { found } = followed('count')
      const ending = kind === undefined ? {} : { ending: { kind } }
      return followed('count', {
        found: { ...found, id, place: { host: 'here', pid } },
        statistics: { ...statisticsOf(1, {}), ...ending },
      })
    }
    const pipelines = [named('a', 1, 'done'), named('b', 2), named('c', 2), followed('other')]
    const [head] = texts(picture({ pipelines, chosen: pipelines[1] }))
    expect(head).toBe(' 1 count (1), done  [2 count (b)]  3 count (c)   4 other ')
  })

  it.each([
    [{ kind: 'done' }, { text: 'done', tone: 'good' }],
    [{ kind: 'cancelled' }, { text: 'cancelled', tone: 'faint' }],
    [
      { kind: 'failed', code: 'FLOW_STAGE' },
      { text: 'failed: FLOW_STAGE', tone: 'bad' },
    ],
  ] as const)('says how a pipeline ended, in the place of the bottleneck: %j', (ending, last) => {
    const ended = followed('count', { statistics: { ...statisticsOf(12_340, ...stages), ending } })
    expect(renderTop(picture({ chosen: ended, nowMs: 60_000 }), large).at(-1)).toEqual(last)
  })

  it('says that figures are old, and neither what is done at the moment nor what holds it up', () => {
    const late = texts(picture({ nowMs: 1_500 }))
    expect(late.at(-1)).toMatch(/^bottleneck: words/)
    const old = texts(picture({ nowMs: 5_000 }))
    expect(old.at(-1)).toBe('no figures for 5.0 s: process 100 does not answer')
    expect(old.join('\n')).not.toMatch(/%|\/s\b(?! )|waits for|blocked by|[█▒·]{2}/)
    expect(old.join('\n')).toMatch(/^words +2 {2}running +1,000 +990/m)
  })

  it('says of a pipeline whose program has gone that the figures are its last', () => {
    const lines = texts(picture({ chosen: followed('count', { isGone: true }), nowMs: 1_000 }))
    expect(lines.at(-1)).toBe(
      'process 100 has gone without a word of how it ended; these are its last figures, 1.0 s old',
    )
    expect(lines.join('\n')).not.toMatch(/%|waits for|blocked by/)
  })

  it('says that there is none, and that one has not answered yet', () => {
    expect(texts(picture({ pipelines: [], chosen: undefined }))).toEqual(['no pipeline runs'])
    const silent = followed('count', { plan: undefined, statistics: undefined })
    expect(texts(picture({ pipelines: [silent], chosen: silent }))).toEqual(['count has not answered yet'])
  })

  it('leaves out single actors where there is no room, then cuts, but never what keys do', () => {
    const withKeys = picture({ keys: 'q: leave' })
    const without = texts(withKeys, { width: 60, height: 7 })
    expect(without.some((line) => line.includes('words#1'))).toBe(false)
    expect(without.at(-2)).toMatch(/^bottleneck: words/)
    expect(without.every((line) => line.length <= 60)).toBe(true)
    expect(texts(withKeys, { width: 60, height: 4 }).slice(-2)).toEqual(['… 4 more', 'q: leave'])
    expect(texts(withKeys, { width: 60, height: 0 })).toEqual([])
  })

  it('shows a stall in the place of the bottleneck', () => {
    const waiting = { on: 'output', stages: [], sinceMs: 12_000, reason: 'stdout' } as const
    const actor = {
      name: 'report#1',
      itemsIn: 1,
      itemsOut: 0,
      time: blocked,
      recent: blocked,
      measuredMs: 60_000,
      lastProgressMs: 12_000,
      queuedCount: 0,
      waiting,
    }
    const stuck = followed('count', { statistics: statisticsOf(60_000, { name: 'report', perActor: [actor] }) })
    const lines = renderTop(picture({ pipelines: [stuck], chosen: stuck }), large)
    expect(lines.at(-1)).toEqual({ text: 'stalled: report#1 blocked 12 s: sink stdout not draining', tone: 'bad' })
  })
})
