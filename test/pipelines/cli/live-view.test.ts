import { describe, expect, it } from 'vitest'
import { renderLiveView, type ViewLine, type ViewSize } from '../../../pipelines/cli/live-view.ts'
import type { PipelineStatistics } from '../../../pipelines/statistics.ts'
import { statisticsOf } from './statistics-of.ts'

const holdUp: ViewLine = { text: 'bottleneck: words (busy 93 %)', tone: 'plain' }

function render(statistics: PipelineStatistics, rates: ReadonlyMap<string, number>, size: ViewSize): ViewLine[] {
  return renderLiveView(statistics, rates, size, holdUp)
}

const statistics = statisticsOf(
  12_340,
  {
    name: 'lines',
    itemsIn: 1_204_000,
    itemsOut: 1_204_000,
    waiting: { on: 'output', stages: ['words', 'sizes'] },
    recent: { idle: 0.04, busy: 0.06, blocked: 0.9 },
  },
  {
    name: 'words',
    actors: 2,
    itemsIn: 1_203_900,
    itemsOut: 9,
    waiting: { on: 'input', stages: ['lines'] },
    recent: { idle: 0, busy: 1, blocked: 0 },
  },
  { name: 'report', state: 'starting' },
)
const rates = new Map([
  ['lines', 12_345],
  ['words', 9.96],
])
const wide = { width: 200, height: 20 }

describe('The live view', () => {
  it('has the clock, a row for each stage with its figures and whom it waits for, and what holds it up', () => {
    expect(render(statistics, rates, wide).map(({ text }) => text)).toEqual([
      'count  12.3 s',
      'stage   actors  state      items in  items out     in/s  █busy ▒blocked',
      'lines        1  running   1,204,000  1,204,000  12.3k/s  █▒▒▒▒▒▒▒▒▒▒▒▒·  blocked by words, sizes',
      'words        2  running   1,203,900          9     10/s  ██████████████  waits for lines',
      'report       1  starting          0          0',
      'bottleneck: words (busy 93 %)',
    ])
  })

  it('shows the state of a stage by a tone', () => {
    const stages = (['starting', 'running', 'done', 'failed'] as const).map((state) => ({ state }))
    const tones = render(statisticsOf(0, ...stages), rates, wide).map(({ tone }) => tone)
    expect(tones).toEqual(['strong', 'faint', 'faint', 'plain', 'good', 'bad', 'plain'])
  })

  it('says when a stage waits for its own source or sink', () => {
    const [, , ...rows] = render(
      statisticsOf(0, { waiting: { on: 'input', stages: [] } }, { waiting: { on: 'output', stages: ['lines'] } }),
      rates,
      wide,
    )
    expect(rows.slice(0, 2).map(({ text }) => text.replace(/^.*[█▒·] {2}/, ''))).toEqual([
      'waits for its source',
      'blocked by its sink',
    ])
  })

  it('cuts its lines where the terminal is narrow', () => {
    const lines = render(statistics, rates, { width: 16, height: 20 })
    expect(lines[2]?.text).toBe('lines   12.3k/s…')
    expect(lines.every(({ text }) => text.length <= 16)).toBe(true)
  })

  it('leaves out what says least where the terminal is narrow, so that it is seen whom a stage waits for', () => {
    const rows = (width: number, ...stages: PipelineStatistics['stages']) =>
      render({ ...statistics, stages }, rates, { width, height: 20 }).map(({ text }) => text)
    expect(rows(80, ...statistics.stages).slice(1, -1)).toEqual([
      'stage   state      items in     in/s  █busy ▒blocked',
      'lines   running   1,204,000  12.3k/s  █▒▒▒▒▒▒▒▒▒▒▒▒·  blocked by words, sizes',
      'words   running   1,203,900     10/s  ██████████████  waits for lines',
      'report  starting          0',
    ])
    const long = statistics.stages.map((stage) => ({
      ...stage,
      name: `${stage.name}-of-all-the-texts`,
      state: stage.name === 'lines' ? stage.state : ('done' as const),
    }))
    expect(rows(42, ...long).slice(1, -1)).toEqual([
      'stage             in/s',
      'lines-of-all-th…   0/s  blocked by words,…',
      'words-of-all-th…        done',
      'report-of-all-t…        done',
    ])
  })

  it('says the less of what holds it up the narrower it is', () => {
    const stall = { text: 'stalled: all of it', shorter: ['stalled: of it', 'stalled: it'], tone: 'bad' as const }
    const said = [20, 15, 11, 8].map((width) => renderLiveView(statistics, rates, { width, height: 20 }, stall).at(-1))
    expect(said.map((line) => line?.text)).toEqual(['stalled: all of it', 'stalled: of it', 'stalled: it', 'stalled…'])
  })

  it('shows as many stages as there are lines for, how many it does not, and always what holds it up', () => {
    const texts = render(statistics, rates, { width: 80, height: 5 }).map(({ text }) => text)
    expect(texts.slice(2)).toEqual([expect.stringMatching(/^lines/), '… 2 more', holdUp.text])
    expect(render(statistics, rates, { width: 80, height: 0 })).toEqual([])
  })

  it('lets no name steer the terminal', () => {
    const [, , row] = render(statisticsOf(0, { name: 'a\x1b[2Jb' }), rates, wide)
    expect(row?.text).toMatch(/^a\ufffd\[2Jb /)
  })
})
