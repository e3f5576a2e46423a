import { describe, expect, it } from 'vitest'

import { areMeasured, createRateMeter } from '../../../pipelines/cli/rate-meter.ts'
import { FiguresRecord } from '../../../pipelines/figures-record.ts'
import type { ActorStatistics } from '../../../pipelines/statistics.ts'

import { statisticsOf } from './statistics-of.ts'

const lines = statisticsOf(0, {}).stages[0]?.perActor[0] as ActorStatistics

describe('The rate meter', () => {
  it('begins with the rate since the run began', () => {
    expect(
      createRateMeter()
        .measure(statisticsOf(500, { itemsIn: 100 }))
        .get('lines'),
    ).toBe(200)
  })

  it('follows a new rate slowly, and gets there', () => {
    const meter = createRateMeter()
    meter.measure(statisticsOf(1000, { itemsIn: 1000 }))
    const soon = meter.measure(statisticsOf(1200, { itemsIn: 1000 })).get('lines')
    expect(soon).toBeGreaterThan(800)
    expect(soon).toBeLessThan(1000)
    for (let ms = 1400; ms <= 12_000; ms += 200) meter.measure(statisticsOf(ms, { itemsIn: 1000 }))
    expect(meter.measure(statisticsOf(12_200, { itemsIn: 1000 })).get('lines')).toBeLessThan(1)
  })

  it('goes by the time in which an actor counted, not by that at which somebody looks', () => {
    const actor = (measuredMs: number, itemsIn: number) => ({ ...lines, measuredMs, itemsIn })
    const [from, now] = [
      statisticsOf(10_000, { perActor: [actor(9_990, 9_990)] }),
      // Asked half a second later, and told what was counted a fifth of a second before.
      statisticsOf(10_500, { perActor: [actor(10_300, 10_300)] }),
    ]
    expect(createRateMeter({ from }).measure(now).get('lines')).toBe(1000)
  })

  it('keeps the rate of an actor that is silent, and has it right when it speaks again', () => {
    const record = new FiguresRecord(0)
    const meter = createRateMeter()
    const rates: (number | undefined)[] = []
    // It counts 1000 items a second all the time, and cannot say so for five seconds.
    for (let ms = 200; ms <= 12_000; ms += 200) {
      const counted = { itemsIn: ms, itemsOut: ms, idleMs: 0, busyMs: ms, blockedMs: 0, progressAgeMs: 0 }
      if (ms <= 3_000 || ms >= 8_000) record.take(counted, ms)
      rates.push(meter.measure(statisticsOf(ms, { perActor: [record.statistics('lines#1', ms)] })).get('lines'))
    }
    expect(new Set(rates)).toEqual(new Set([1000]))
  })

  it('adds up the actors of a stage, of which one that is done gives nothing more', () => {
    const meter = createRateMeter()
    const stage = (ms: number, ...others: Partial<ActorStatistics>[]) =>
      statisticsOf(ms, {
        perActor: [{}, ...others].map((other, index) => ({
          ...lines,
          name: `lines#${index + 1}`,
          measuredMs: ms,
          itemsIn: ms,
          ...other,
        })),
      })
    expect(meter.measure(stage(500, {})).get('lines')).toBe(2000)
    expect(meter.measure(stage(700, { measuredMs: 550, done: true })).get('lines')).toBe(1000)
  })

  it('leaves out a stage until all of its actors have said something new', () => {
    const [first, second] = [
      { ...lines, measuredMs: 300 },
      { ...lines, name: 'lines#2', measuredMs: 300 },
    ]
    const meter = createRateMeter({ from: statisticsOf(300, { perActor: [first, second] }) })
    const one = [{ ...first, measuredMs: 500, itemsIn: 100 }, second]
    expect(meter.measure(statisticsOf(500, { perActor: one })).has('lines')).toBe(false)
    const both = [...one.slice(0, 1), { ...second, measuredMs: 700, itemsIn: 200 }] as const
    expect(meter.measure(statisticsOf(700, { perActor: both })).get('lines')).toBe(1000)
  })

  it('has measured all when only those are left out that do not answer', () => {
    const silent = statisticsOf(500, {}, { name: 'words', perActor: [{ ...lines, name: 'words#1', silentMs: 2_000 }] })
    expect(areMeasured(silent, new Map([['lines', 1]]))).toBe(true)
    expect(areMeasured(silent, new Map([['words', 1]]))).toBe(false)
  })

  it('keeps its rates when no time has passed', () => {
    const meter = createRateMeter()
    meter.measure(statisticsOf(1000, { itemsIn: 1000 }))
    expect(meter.measure(statisticsOf(1000, { itemsIn: 2000 })).get('lines')).toBe(1000)
  })
})
