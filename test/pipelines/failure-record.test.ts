import { describe, expect, it } from 'vitest'
import { ActorExitError, RemoteActorError } from '../../engine/index.ts'
import { StageError } from '../../pipelines/errors.ts'
import { failureRecord } from '../../pipelines/failure-record.ts'

const actor = { name: 'words#2', id: 'ab12' }

function remote(remoteName: string, message: string, cause?: Error): RemoteActorError {
  const fields = { rows: 3, flowBlame: { item: '7' } }
  return new RemoteActorError(
    message,
    { actor, remoteName, remoteStack: 'its stack', relayPath: [], fields },
    { cause },
  )
}

const errOf = (cause: unknown) => failureRecord(new StageError({ stage: 'words', actor }, cause)).fields['err']

describe('The failure of a stage as an entry of a log', () => {
  it('has no more than is known', () => {
    const { err: _, ...fields } = failureRecord(new StageError({ stage: 'words' }, new Error('no'))).fields
    expect(fields).toEqual({})
  })

  it('has what was thrown as it was in the actor, with its fields and causes', () => {
    expect(errOf(remote('MyError', 'no'))).toEqual({ type: 'MyError', message: 'no', stack: 'its stack', rows: 3 })
    const made = Object.assign(new RangeError('no', { cause: new TypeError('why') }), { rows: 3 })
    expect(errOf(remote('RangeError', 'no', made))).toEqual({
      type: 'RangeError',
      message: 'no',
      stack: expect.stringMatching(/^RangeError: no\n[^]*\ncaused by TypeError: why\n/),
      rows: 3,
    })
    expect(errOf(remote('NonError', "'no'"))).toBe("'no'")
  })

  it('has how the process of the actor ended', () => {
    const exit = new ActorExitError(actor, { exitCode: null, signal: 'SIGKILL' })
    expect(errOf(exit)).toMatchObject({ type: 'ActorExitError', code: 'FLOW_ACTOR_EXIT', signal: 'SIGKILL' })
  })
})
