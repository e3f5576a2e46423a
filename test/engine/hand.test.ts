import { describe, expect, it } from 'vitest'
import { adopted, Hand, type ItemGiver } from '../../engine/hand.ts'

const loop = (): ItemGiver => ({ isLooped: true, isSole: true })
const oneByOne = (): ItemGiver => ({ isLooped: false, isSole: true })
const tentative = { isTentative: true }

describe('Hand', () => {
  it('is empty at first and again at the end of what was pulled: the task belongs to what is around it', () => {
    const hand = new Hand('the call')
    const stream = loop()
    expect(hand.itemTrace).toBe('the call')
    hand.take(stream, null)
    expect(hand.itemTrace).toBeNull()
    hand.take(stream, 'a')
    expect(hand.itemTrace).toBe('a')
    expect(hand.letGo(stream)).toBe(true)
    expect(hand.itemTrace).toBe('the call')
    expect(hand.letGo(stream)).toBe(false)
  })

  it('has the item of an inner loop on top of that of the outer one, until the inner loop ends', () => {
    const hand = new Hand(undefined)
    const [outer, inner] = [loop(), loop()]
    hand.take(outer, 'x')
    hand.take(inner, 'a')
    expect(hand.itemTrace).toBe('a')
    hand.take(inner, 'b')
    expect(hand.itemTrace).toBe('b')
    hand.letGo(inner)
    expect(hand.itemTrace).toBe('x')
    hand.take(outer, null)
    expect(hand.itemTrace).toBeNull()
  })

  it('shows the item of the loop around one that is not sampled', () => {
    const hand = new Hand(undefined)
    const [outer, inner] = [loop(), loop()]
    hand.take(outer, 'x')
    for (const trace of [null, tentative]) {
      hand.take(inner, trace)
      expect(hand.itemTrace).toBe('x')
    }
    // Asked for the next one, and waited for.
    hand.finish(outer)
    expect(hand.itemTrace).toBe(tentative)
  })

  it('shows no item that was pulled by itself behind one that is not sampled, and not what is around', () => {
    const hand = new Hand('the call')
    const [single, stream] = [oneByOne(), loop()]
    hand.take(stream, null)
    expect(hand.itemTrace).toBeNull()
    hand.letGo(stream)
    hand.take(single, 'settings')
    hand.take(stream, null)
    expect(hand.itemTrace).toBeNull()
    hand.letGo(stream)
    expect(hand.itemTrace).toBe('settings')
  })

  it('has done with what was pulled in the body of a loop that goes on, or ends', () => {
    const hand = new Hand(undefined)
    const [outer, inner, single] = [loop(), loop(), oneByOne()]
    hand.take(outer, null)
    hand.take(inner, 'a')
    hand.take(single, 'b')
    hand.take(outer, null)
    expect(hand.itemTrace).toBeNull()
    hand.take(single, 'c')
    hand.letGo(outer)
    expect(hand.itemTrace).toBeUndefined()
  })

  it('has what was pulled by itself on top, whatever was there before it', () => {
    const hand = new Hand(undefined)
    const [answers, questions] = [oneByOne(), loop()]
    hand.take(answers, 'greeting')
    for (const [question, answer, shown] of [
      ['x', 'of x', 'of x'],
      [null, null, null],
      ['y', null, 'y'],
    ]) {
      hand.take(questions, question)
      expect(hand.itemTrace).toBe(question)
      hand.take(answers, answer)
      expect(hand.itemTrace).toBe(shown)
    }
  })

  it('takes what another task deals with as it is, in place of all else', () => {
    const hand = new Hand(undefined)
    const stream = loop()
    hand.take(stream, 'x')
    for (const trace of [null, undefined, 'theirs']) {
      hand.take(adopted, trace)
      expect(hand.itemTrace).toBe(trace)
    }
    expect(hand.all).toEqual(['x'])
    hand.take(stream, null)
    expect(hand.itemTrace).toBeNull()
  })

  it('knows what a task that fails was at: the item on top, and those of the loops around it', () => {
    const hand = new Hand(undefined)
    const [settings, outer, inner] = [oneByOne(), loop(), loop()]
    hand.take(settings, 'settings')
    hand.take(outer, 'x')
    hand.take(inner, 'a')
    expect(hand.atWork).toEqual(['x', 'a'])
    // An error that is thrown leaves the loops before the task has ended.
    hand.leave(inner)
    hand.leave(outer)
    expect(hand.itemTrace).toBe('settings')
    expect(hand.atWork).toEqual(['a', 'x'])
    expect(hand.all).toEqual(['a', 'x', 'settings'])
    hand.take(outer, 'y')
    expect(hand.all).toEqual(['settings', 'y'])
  })

  it('forgets what was pulled of a stream that nobody asks again, before any loop', () => {
    const hand = new Hand(undefined)
    const outer = loop()
    hand.take(outer, 'x')
    for (let n = 0; n < 100; n += 1) hand.take(oneByOne(), `answer ${n}`)
    expect(hand.all).toHaveLength(32)
    expect(hand.all).toContain('x')
    expect(hand.itemTrace).toBe('answer 99')
  })
})
