import { describe, expect, it } from 'vitest'
import { renderPlainLine } from '../../../pipelines/cli/plain-view.ts'
import { renderSummary } from '../../../pipelines/cli/summary.ts'
import { statisticsOf } from './statistics-of.ts'

describe('The plain view', () => {
  it('is one line with what each stage has taken, its rate, and whom it waits for', () => {
    const statistics = statisticsOf(
      5000,
      { itemsIn: 1000, state: 'done' },
      { name: 'words', itemsIn: 4000, waiting: { on: 'input', stages: ['lines'] } },
      { name: 'report', itemsIn: 7 },
    )
    const rates = new Map([['words', 800]])
    expect(renderPlainLine(statistics, rates)).toBe(
      'count 5.0 s: lines 1,000 (done), words 4,000 (800/s, waits for lines), report 7 (0/s)',
    )
  })
})

describe('The summary', () => {
  const stages = [
    { itemsIn: 20_000, itemsOut: 20_000, state: 'done' },
    { name: 'words', actors: 2, itemsIn: 19_000, itemsOut: 5, state: 'failed' },
  ] as const

  it('has what each stage took and gave, and the rate over the whole run', () => {
    expect(renderSummary(statisticsOf(2000, ...stages), 'done').split('\n')).toEqual([
      'count: done in 2.0 s',
      'stage  actors  items in  items out     in/s',
      'lines       1    20,000     20,000  10.0k/s',
      'words       2    19,000          5  9.50k/s',
      '',
    ])
  })

  it('has the states of the stages when the run did not end by itself', () => {
    const [heading, , ...rows] = renderSummary(statisticsOf(2000, ...stages), 'failed').split('\n')
    expect(heading).toBe('count: failed after 2.0 s')
    expect(rows).toEqual([expect.stringMatching(/ done$/), expect.stringMatching(/ failed$/), ''])
  })
})
