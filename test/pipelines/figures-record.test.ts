import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FiguresRecord, meanShares } from '../../pipelines/figures-record.ts'
import type { ActorFigures } from '../../pipelines/wiring.ts'

function figures(idleMs: number, busyMs: number, blockedMs: number, more: Partial<ActorFigures> = {}): ActorFigures {
  return { itemsIn: 0, itemsOut: 0, idleMs, busyMs, blockedMs, progressAgeMs: 0, ...more }
}

describe('FiguresRecord', () => {
  it('is idle before it knows anything', () => {
    const { time, recent } = new FiguresRecord(0).statistics('words#1', 0)
    expect({ time, recent }).toEqual({
      time: { idle: 1, busy: 0, blocked: 0 },
      recent: { idle: 1, busy: 0, blocked: 0 },
    })
  })

  it('is said to know nothing until the actor has answered', () => {
    const record = new FiguresRecord(0)
    expect(record.statistics('words#1', 0)).toMatchObject({ unheard: true })
    record.take(figures(200, 0, 0), 200)
    expect(record.statistics('words#1', 200)).not.toHaveProperty('unheard')
  })

  it('gives the shares of all the time, and of the last second', () => {
    const record = new FiguresRecord(0)
    for (let ms = 200; ms <= 2_000; ms += 200) record.take(figures(ms, 0, 0), ms)
    for (let ms = 200; ms <= 2_000; ms += 200) record.take(figures(2_000, ms / 2, ms / 2), 2_000 + ms)
    const { time, recent } = record.statistics('words#1', 4_000)
    expect(time).toEqual({ idle: 0.5, busy: 0.25, blocked: 0.25 })
    expect(recent).toEqual({ idle: 0, busy: 0.5, blocked: 0.5 })
  })

  it('adds to the age of the last progress the time since it was told', () => {
    const record = new FiguresRecord(0)
    record.take(figures(300, 0, 0, { progressAgeMs: 300 }), 300)
    expect(record.statistics('words#1', 450)).toMatchObject({ lastProgressMs: 450 })
  })

  it('says when the items were counted, by the clock of the actor, whoever has not heard of it since', () => {
    const record = new FiguresRecord(0)
    record.take(figures(100, 150, 50), 310)
    expect(record.statistics('words#1', 500)).toMatchObject({ measuredMs: 300 })
    expect(record.statistics('words#1', 2_310)).toMatchObject({ measuredMs: 300, silentMs: 2_000 })
  })

  it('takes an actor that does not answer for busy, and says for how long it has not', () => {
    const record = new FiguresRecord(0)
    record.take(figures(1_000, 0, 0, { waiting: { on: 'input', stages: ['lines'], sinceMs: 5 } }), 1_000)
    expect(record.statistics('words#1', 1_900)).toMatchObject({ waiting: { on: 'input' } })
    const silent = record.statistics('words#1', 4_000)
    expect(silent).toMatchObject({ silentMs: 3_000, recent: { busy: 1 }, time: { idle: 0.25, busy: 0.75 } })
    expect(silent).not.toHaveProperty('waiting')
  })

  it('does not wonder at the silence of one that has ended', () => {
    const record = new FiguresRecord(0)
    record.end(figures(500, 500, 0), 1_000)
    const ended = record.statistics('words#1', 60_000)
    expect(ended.time).toEqual({ idle: 0.5, busy: 0.5, blocked: 0 })
    expect(ended).not.toHaveProperty('silentMs')
  })

  it('gives shares whose sum is 1, for one actor and in the mean of many', () => {
    const ms = fc.float({ min: 0, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.tuple(ms, ms, ms), { maxLength: 8 }), (times) => {
        const records = times.map(([idle, busy, blocked]) => {
          const record = new FiguresRecord(0)
          record.take(figures(idle, busy, blocked), 200)
          return record.statistics('words#1', 300)
        })
        const all = [...records.flatMap(({ time, recent }) => [time, recent]), meanShares(records.map((r) => r.time))]
        for (const { idle, busy, blocked } of all) expect(idle + busy + blocked).toBeCloseTo(1, 9)
      }),
    )
  })
})
