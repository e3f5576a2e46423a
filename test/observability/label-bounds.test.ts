import { describe, expect, it } from 'vitest'
import { LabelBounds } from '../../observability/label-bounds.ts'

describe('The values of a label', () => {
  it('are so many, and all further ones are other', () => {
    const bounds = new LabelBounds(2)
    const types = ['a', 'b', 'c', 'a'].map((type) => bounds.apply({ 'error.type': type, 'actorflow.actor.index': 3 }))
    expect(types.map((labels) => labels['error.type'])).toEqual(['a', 'b', 'other', 'a'])
    expect(types[2]).toEqual({ 'error.type': 'other', 'actorflow.actor.index': 3 })
  })

  it('are so many where they are numbers, too', () => {
    const bounds = new LabelBounds(2)
    const indices = [1, 2, 3, 1].map((index) => bounds.apply({ 'actorflow.actor.index': index }))
    expect(indices.map((labels) => labels['actorflow.actor.index'])).toEqual([1, 2, 'other', 1])
  })

  it('make way for others once a round has gone by without them', () => {
    const bounds = new LabelBounds(2)
    const round = (...types: string[]) => {
      bounds.begin(new Set())
      return types.map((type) => bounds.apply({ 'error.type': type })['error.type'])
    }
    expect(round('a', 'b')).toEqual(['a', 'b'])
    expect(round('b', 'c')).toEqual(['b', 'other'])
    expect(round('d', 'b', 'c')).toEqual(['d', 'b', 'other'])
    expect(bounds.applyKnown({ 'error.type': 'a' })).toEqual({ 'error.type': 'other' })
    expect(bounds.applyKnown({ 'error.type': 'd' })).toEqual({ 'error.type': 'd' })
  })

  it('are those of stages alike, whether they are a stage or one at the other end', () => {
    const bounds = new LabelBounds(2)
    expect(
      bounds.apply({ 'actorflow.stage.name': 'words', 'actorflow.peer.stage': 'lines', 'actorflow.child': 'words' }),
    ).toEqual({
      'actorflow.stage.name': 'words',
      'actorflow.peer.stage': 'lines',
      'actorflow.child': 'words',
    })
    expect(bounds.apply({ 'actorflow.peer.stage': 'report' })).toEqual({ 'actorflow.peer.stage': 'other' })
  })
})
