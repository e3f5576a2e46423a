import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Batch } from '../../../engine/index.ts'
import { openGenerateSource } from '../../../pipelines/index.ts'
import { collectItems, testStage } from '../stage.ts'

const inline = (text: string) =>
  ({ kind: 'inline', text, script: 'p.yaml', line: 1, column: 1, location: 'p.yaml:1:1' }) as const

afterEach(() => {
  vi.useRealTimers()
})

describe('The generate source', () => {
  it('counts upwards', async () => {
    expect(await collectItems(openGenerateSource({ from: 5, count: 3 }, testStage()))).toEqual([5, 6, 7])
    expect(await collectItems(openGenerateSource({ from: 0, count: 0 }, testStage()))).toEqual([])
    expect(await collectItems(openGenerateSource({ from: 0, count: 1000 }, testStage()))).toHaveLength(1000)
  })

  it('makes items with a function, synchronous or not', async () => {
    const item = inline('n => ({ n })')
    const later = inline('async n => 2 * n')
    expect(await collectItems(openGenerateSource({ from: 0, count: 2, item }, testStage()))).toEqual([
      { n: 0 },
      { n: 1 },
    ])
    expect(await collectItems(openGenerateSource({ from: 1, count: 2, item: later }, testStage()))).toEqual([2, 4])
  })

  it('goes on without end until the stage is cancelled', async () => {
    const controller = new AbortController()
    const source = openGenerateSource({ from: 0 }, testStage({ signal: controller.signal }))
    for (let round = 0; round < 3; round++) expect((await source.next()).done).toBe(false)
    controller.abort()
    expect((await source.next()).done).toBe(true)
  })

  it('keeps the rate it is given', async () => {
    vi.useFakeTimers()
    const counts: number[] = []
    const collected = (async () => {
      for await (const batch of openGenerateSource({ from: 0, count: 5, rateHz: 2 }, testStage())) {
        counts.push((batch as Batch<unknown>).items.length)
      }
    })()
    await vi.advanceTimersByTimeAsync(0)
    expect(counts).toEqual([1])
    await vi.advanceTimersByTimeAsync(1000)
    expect(counts).toEqual([1, 1, 1])
    await vi.advanceTimersByTimeAsync(1000)
    await collected
    expect(counts).toEqual([1, 1, 1, 1, 1])
  })

  it('ends while it waits for the next item to be due', async () => {
    vi.useFakeTimers()
    const controller = new AbortController()
    const source = openGenerateSource({ from: 0, rateHz: 0.001 }, testStage({ signal: controller.signal }))
    await source.next()
    const next = source.next()
    controller.abort()
    expect((await next).done).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })
})
