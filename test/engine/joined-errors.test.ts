import { describe, expect, it } from 'vitest'
import { ActorExitError, ChannelBrokenError, RemoteActorError } from '../../engine/errors.ts'
import { joinErrors } from '../../engine/joined-errors.ts'

const donny = { name: 'donny', id: 'd1' }
const frank = { name: 'frank', id: 'f1' }
const exit = new ActorExitError(donny, { exitCode: 1, signal: null })

describe('joinErrors', () => {
  it('gives the only error as it is', () => {
    const error = new Error('one')
    expect(joinErrors([error])).toBe(error)
  })

  it('gives what is no error as it is', () => {
    expect(joinErrors(['thrown'])).toBe('thrown')
  })

  it('counts the same error once', () => {
    const error = new Error('one')
    expect(joinErrors([error, error])).toBe(error)
  })

  it('makes one AggregateError of several, in their order, with their words', () => {
    const [first, second] = [new TypeError('one'), 'two']
    const joined = joinErrors([first, second]) as AggregateError
    expect(joined).toBeInstanceOf(AggregateError)
    expect(joined.errors).toEqual([first, second])
    expect(joined.message).toBe('2 failures: TypeError: one; two')
  })

  it('drops an error that another one has as its cause', () => {
    const cause = new Error('why')
    const outer = new Error('what', { cause: new Error('between', { cause }) })
    expect(joinErrors([cause, outer])).toBe(outer)
    expect(joinErrors([outer, cause])).toBe(outer)
  })

  it('drops the loss of a channel to an actor whose end is there', () => {
    expect(joinErrors([new ChannelBrokenError(donny, 'the peer vanished'), exit])).toBe(exit)
  })

  it('drops it as well if it is what another actor failed with', () => {
    const cause = new ChannelBrokenError(donny, 'the peer vanished')
    const fields = { actor: frank, remoteName: cause.name, remoteStack: '', relayPath: [], fields: {} }
    const loss = new RemoteActorError(cause.message, fields, { cause })
    expect(joinErrors([loss, exit])).toBe(exit)
    expect(joinErrors([exit, loss])).toBe(exit)
    expect(joinErrors([loss])).toBe(loss)
  })

  it('keeps the loss of a channel to another actor', () => {
    const broken = new ChannelBrokenError(frank, 'the peer vanished')
    expect((joinErrors([broken, exit]) as AggregateError).errors).toEqual([broken, exit])
    expect(joinErrors([broken])).toBe(broken)
  })

  it('is not led in circles by causes that are', () => {
    const [first, second] = [new Error('one'), new Error('two')]
    first.cause = second
    second.cause = first
    expect(joinErrors([first, second, exit])).toBeInstanceOf(Error)
  })
})
