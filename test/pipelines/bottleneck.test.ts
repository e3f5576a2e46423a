import { describe, expect, it } from 'vitest'
import { findBottleneck } from '../../pipelines/bottleneck.ts'
import { describeBottleneck } from '../../pipelines/cli/describe-bottleneck.ts'
import { statisticsOf } from './cli/statistics-of.ts'

const edges = [
  { from: 'lines', to: 'words' },
  { from: 'words', to: 'counts' },
  { from: 'words', to: 'sizes' },
]

function shares(idle: number, busy: number, blocked: number) {
  return { time: { idle, busy, blocked }, recent: { idle, busy, blocked } }
}

describe('A bottleneck', () => {
  it('is the stage that is busy while those before it are blocked and those behind it idle', () => {
    const found = findBottleneck(
      statisticsOf(
        60_000,
        { name: 'lines', ...shares(0.02, 0.1, 0.88) },
        { name: 'words', ...shares(0.04, 0.93, 0.03) },
        { name: 'counts', ...shares(0.9, 0.1, 0) },
        { name: 'sizes', ...shares(0.95, 0.05, 0) },
      ),
      edges,
      'time',
    )
    expect(found).toEqual({
      stage: 'words',
      kind: 'work',
      share: 0.93,
      waiters: [
        { stage: 'lines', on: 'output', share: 0.88 },
        { stage: 'counts', on: 'input', share: 0.9 },
        { stage: 'sizes', on: 'input', share: 0.95 },
      ],
    })
    expect(found && describeBottleneck(found, true)).toBe(
      'bottleneck: words (busy 93 %); lines waited for it 88 % of the time, counts 90 %, sizes 95 %',
    )
  })

  it('can be a source that has little, or a sink that takes little', () => {
    const slowSource = statisticsOf(
      60_000,
      { name: 'lines', ...shares(0.97, 0.02, 0.01) },
      { name: 'words', ...shares(0.98, 0.02, 0) },
    )
    const source = findBottleneck(slowSource, edges.slice(0, 1), 'recent')
    expect(source && describeBottleneck(source)).toBe(
      'bottleneck: the source of lines (97 %); words waits for it 98 % of the time',
    )
    const slowSink = statisticsOf(
      60_000,
      { name: 'lines', ...shares(0, 0.05, 0.95) },
      { name: 'words', ...shares(0, 0.01, 0.99) },
    )
    const sink = findBottleneck(slowSink, edges.slice(0, 1), 'recent')
    expect(sink && describeBottleneck(sink)).toBe(
      'bottleneck: the sink of words (99 %); lines waits for it 95 % of the time',
    )
  })

  it('is, of two that are as busy, the one for which the others wait', () => {
    const found = findBottleneck(
      statisticsOf(
        60_000,
        { name: 'lines', ...shares(0.1, 0.9, 0) },
        { name: 'words', ...shares(0, 0.1, 0.9) },
        { name: 'counts', ...shares(0.1, 0.9, 0) },
      ),
      edges.slice(0, 2),
      'time',
    )
    expect(found?.stage).toBe('counts')
  })

  const chain = [
    { from: 'src', to: 'work' },
    { from: 'work', to: 'out' },
  ]
  const fan = [
    { from: 'src', to: 'work' },
    { from: 'src', to: 'loop' },
    { from: 'work', to: 'out' },
    { from: 'loop', to: 'out' },
  ]
  const [waiting, working] = [shares(0.98, 0.02, 0), shares(0, 1, 0)]

  it.each([
    [
      'a sink that takes nothing, for which a source does not wait yet',
      [
        { name: 'src', ...waiting },
        { name: 'out', ...shares(0, 0.01, 0.99), itemsIn: 55, queuedCount: 400 },
      ],
      [{ from: 'src', to: 'out' }],
      ['out', 'sink'],
    ],
    [
      'a stage that is stuck, beside one that waits for the source of both',
      [
        { name: 'src', ...waiting },
        { name: 'work', ...working, itemsIn: 51, queuedCount: 2_126 },
        { name: 'loop', ...shares(0.9, 0.1, 0), itemsIn: 2_177 },
        { name: 'out', ...shares(0.9, 0.1, 0), itemsIn: 2_227 },
      ],
      fan,
      ['work', 'work'],
    ],
    [
      'one that has got stuck in a short run, and for whose items the first second was idle',
      [
        { name: 'src', ...waiting },
        { name: 'work', ...shares(0.1, 0.9, 0), itemsIn: 51, queuedCount: 600 },
        { name: 'out', ...waiting, itemsIn: 50 },
      ],
      chain,
      ['work', 'work'],
    ],
    [
      'one that went on when the source had ended, until it had all',
      [
        { name: 'src', state: 'done', ...waiting },
        { name: 'work', state: 'done', ...working, itemsIn: 1_000 },
        { name: 'out', state: 'done', ...shares(0.95, 0.05, 0), itemsIn: 1_000 },
      ],
      chain,
      ['work', 'work'],
    ],
    [
      'a sink, and not the work before it, as long as the items of that find room',
      [
        { name: 'src', ...shares(0, 0.1, 0.9) },
        { name: 'work', ...working, itemsIn: 5_000, queuedCount: 100 },
        { name: 'out', ...shares(0, 0.02, 0.98), itemsIn: 500, queuedCount: 4_000 },
      ],
      chain,
      ['out', 'sink'],
    ],
    [
      'a source with which those behind it keep up, whatever has just arrived',
      [
        { name: 'src', ...waiting },
        { name: 'work', ...shares(0.2, 0.8, 0), itemsIn: 1_000, queuedCount: 10 },
        { name: 'out', ...shares(0.9, 0.1, 0), itemsIn: 1_000, queuedCount: 1 },
      ],
      chain,
      ['src', 'source'],
    ],
    [
      'the slowest of a chain, also while a busy one behind it has a queue',
      [
        { name: 'src', ...shares(0, 0.05, 0.95) },
        { name: 'work', ...working, itemsIn: 1_000, queuedCount: 200 },
        { name: 'out', ...shares(0.3, 0.7, 0), itemsIn: 1_000, queuedCount: 30 },
      ],
      chain,
      ['work', 'work'],
    ],
  ] as const)('is the one that would make the pipeline faster: %s', (_, stages, between, [stage, kind]) => {
    expect(findBottleneck(statisticsOf(25_000, ...stages), between, 'time')).toMatchObject({ stage, kind })
  })

  it('is in the last second one of those that still run', () => {
    const stages = [
      { name: 'lines', state: 'done' as const, ...shares(0, 1, 0) },
      { name: 'words', ...shares(0.2, 0.8, 0) },
    ]
    expect(findBottleneck(statisticsOf(60_000, ...stages), edges.slice(0, 1), 'recent')).toMatchObject({
      stage: 'words',
      waiters: [],
    })
    expect(findBottleneck(statisticsOf(60_000, ...stages), edges.slice(0, 1), 'time')?.stage).toBe('lines')
  })

  it('lets no name steer the terminal', () => {
    const text = describeBottleneck({ stage: 'a\x1b[2J', kind: 'work', share: 1, waiters: [] })
    expect(text).toBe('bottleneck: a\ufffd[2J (busy 100 %)')
  })
})
