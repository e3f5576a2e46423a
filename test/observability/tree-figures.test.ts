import { describe, expect, it } from 'vitest'
import type { ActorVitals, EdgeTraffic } from '../../engine/index.ts'
import { LabelBounds } from '../../observability/label-bounds.ts'
import type { Figures } from '../../observability/metric-data.ts'
import { TreeFigures } from '../../observability/tree-figures.ts'
import { vitalsOf } from './attachment.ts'
import { actorNamed } from './hops.ts'

const errors = 'actorflow.actor.errors'
const calls = 'actorflow.actor.calls'
const items = 'actorflow.stream.items'

/** A tree of which three names are known at a time. */
function openTree() {
  const figures = new TreeFigures(new LabelBounds(3))
  /** What a metric shows of each stage, or of each other end. */
  return function read(metric: string, actors: ActorVitals[], silent: string[] = []): Record<string, number> {
    const all = figures.read({ actors, silent: silent.map((name) => actorNamed(name)) })
    const found = all.find((each) => each.metric.name === metric)?.observations ?? []
    return Object.fromEntries(
      found.map(({ value, labels }) => [labels['actorflow.peer.stage'] ?? labels['actorflow.stage.name'] ?? '', value]),
    )
  }
}

function failed(name: string, count = 1, id?: string): ActorVitals {
  const vitals = vitalsOf(name, { errors: { TypeError: count }, taskCount: 1 })
  return id === undefined ? vitals : { ...vitals, actor: { name, id } }
}

function edgeTo(peer: string): EdgeTraffic {
  const none = {
    openCount: 0,
    byteCount: 0,
    batchCount: 0,
    queuedCount: 0,
    queuedBytes: 0,
    creditCount: 0,
    creditBytes: 0,
  }
  return { direction: 'out', peer, functionName: 'output', itemCount: 1, ...none }
}

describe('The figures of a tree', () => {
  it('keep what somebody has counted who has left, and nothing else of him', () => {
    const read = openTree()
    expect(read(errors, [failed('main'), failed('guest', 4)])).toEqual({ main: 1, guest: 4 })
    expect(read(errors, [failed('main')])).toEqual({ main: 1, guest: 4 })
    expect(read(calls, [failed('main')])).toEqual({ main: 1 })
    // One that takes its place has counted from nothing.
    expect(read(errors, [failed('main'), failed('guest', 2, 'another')])).toEqual({ main: 1, guest: 6 })
    expect(read(errors, [failed('main')])).toEqual({ main: 1, guest: 6 })
  })

  it('count several actors of one name together, whoever of them leaves', () => {
    const read = openTree()
    expect(read(errors, [failed('guest', 1, 'a'), failed('guest', 2, 'b')])).toEqual({ guest: 3 })
    expect(read(errors, [failed('guest', 2, 'b')])).toEqual({ guest: 3 })
  })

  it('have of an actor that does not answer what it had counted before', () => {
    const read = openTree()
    read(errors, [failed('main'), failed('guest', 4)])
    expect(read(errors, [failed('main')], ['guest'])).toEqual({ main: 1, guest: 4 })
    expect(read(errors, [failed('main'), failed('guest', 5)])).toEqual({ main: 1, guest: 5 })
  })

  it('count those once that are below an actor that does not answer for a while', () => {
    const read = openTree()
    const below = (parent: string, vitals: ActorVitals) => ({ ...vitals, parent: actorNamed(parent) })
    const [main, middle, leaf] = [failed('main'), below('main', failed('middle')), below('middle', failed('leaf', 4))]
    const all = { main: 1, middle: 1, leaf: 4 }
    expect(read(errors, [main, middle, leaf])).toEqual(all)
    for (let times = 0; times < 2; times += 1) {
      expect(read(errors, [main], ['middle'])).toEqual(all)
      expect(read(errors, [main, middle, leaf])).toEqual(all)
    }
    expect(read(errors, [main, middle], ['leaf'])).toEqual(all)
    // It ends while nobody hears of those below, and they with it.
    expect(read(errors, [main], ['middle'])).toEqual(all)
    expect(read(errors, [main])).toEqual(all)
    expect(read(errors, [main])).toEqual(all)
  })

  it('count on with one that comes in the place of one that has left below a silent actor', () => {
    const read = openTree()
    const below = (parent: string, vitals: ActorVitals) => ({ ...vitals, parent: actorNamed(parent) })
    const [main, middle] = [failed('main'), below('main', failed('middle'))]
    read(errors, [main, middle, below('middle', failed('leaf', 4, 'a'))])
    read(errors, [main], ['middle'])
    const after = { main: 1, middle: 1, leaf: 5 }
    expect(read(errors, [main, middle, below('middle', failed('leaf', 1, 'b'))])).toEqual(after)
  })

  it('give the name of somebody who has left to one who has come, and count him with the others', () => {
    const read = openTree()
    read(errors, [failed('main'), failed('guest-0'), failed('guest-1')])
    expect(read(errors, [failed('main'), failed('guest-1'), failed('guest-2')])).toEqual({
      main: 1,
      'guest-1': 1,
      'guest-2': 1,
      other: 1,
    })
    for (let n = 3; n < 20; n += 1) read(errors, [failed('main'), failed(`guest-${n}`)])
    expect(read(calls, [failed('main'), failed('guest-20')])).toEqual({ main: 1, 'guest-20': 1 })
    const all = read(errors, [failed('main'), failed('guest-20')])
    expect(all).toMatchObject({ main: 1, 'guest-20': 1 })
    expect(Object.values(all).reduce((sum, count) => sum + count, 0)).toBe(22)
  })

  it('are no more series than there is room for, where actors with numbers come and go', () => {
    const figures = new TreeFigures()
    const count = 1_000
    let read: Figures[] = []
    for (let n = 1; n <= count; n += 1)
      read = figures.read({ actors: [failed('main'), failed(`job#${n}`)], silent: [] })
    const all = read.find(({ metric }) => metric.name === errors)?.observations ?? []
    const series = all.filter(({ labels }) => labels['error.type'] === 'TypeError')
    expect(series.length).toBeLessThan(110)
    expect(series).toContainEqual({
      value: 1,
      labels: { 'actorflow.stage.name': 'job', 'actorflow.actor.index': count, 'error.type': 'TypeError' },
    })
    expect(series.reduce((sum, { value }) => sum + value, 0)).toBe(1 + count)
  })

  it('take no name from an actor that is there, nor from one that does not answer', () => {
    const read = openTree()
    const there = [failed('main'), failed('words')]
    read(calls, [...there, failed('counts')])
    read(calls, there, ['counts'])
    read(calls, there, ['counts'])
    expect(read(calls, [...there, failed('report'), failed('counts')])).toEqual({
      main: 1,
      words: 1,
      counts: 1,
      other: 1,
    })
  })

  it('give actors the names of those that are only spoken of', () => {
    const read = openTree()
    const main = vitalsOf('main', { edges: [edgeTo('gone-1'), edgeTo('gone-2')] })
    expect(read(items, [main])).toEqual({ 'gone-1': 1, 'gone-2': 1 })
    expect(read(calls, [main, failed('words'), failed('counts')])).toEqual({ main: 0, words: 1, counts: 1 })
    expect(read(items, [main, failed('words'), failed('counts')])).toEqual({ other: 2 })
  })
})
