import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CallKind, frameFault, Kind, maxErrorDepth, type PackedError } from '../../engine/frame.ts'

const actor = { name: 'donny', id: 'd1' }
const error: PackedError = { name: 'Error', message: 'no', stack: '', actor, relayPath: [actor], fields: {} }
const start = [Kind.start, 1, CallKind.run, '', 'add', [1, 2], 4096, 1_048_576, 0]

const helloWith = (nonce: unknown): unknown[] => [Kind.hello, 0, { version: 1, actor, nonce }]

function withDepth(depth: number): PackedError {
  return depth === 0 ? error : { ...error, cause: withDepth(depth - 1) }
}

describe('frameFault', () => {
  it.each<[string, unknown[]]>([
    ['hello', [Kind.hello, 0, { version: 1, actor }]],
    ['hello that wants a proof', [Kind.hello, 0, { version: 1, actor, nonce: new Uint8Array(32) }]],
    ['proof', [Kind.proof, 0, new Uint8Array(32)]],
    ['proof of another length', [Kind.proof, 0, Buffer.alloc(1)]],
    ['ping', [Kind.ping, 0, 7]],
    ['pong', [Kind.pong, 0, 7]],
    ['goaway', [Kind.goaway, 0, 'its root was closed']],
    ['start', start],
    ['start with headers', [...start, { priority: 'high' }]],
    ['credit', [Kind.credit, 1, 4096, 1_048_576]],
    ['cancel', [Kind.cancel, 1, actor, 'enough']],
    ['started', [Kind.started, 1, { ready: true }]],
    ['yield', [Kind.yield, 1, ['a', 'b'], 10]],
    ['yield of packed items', [Kind.yield, 1, Uint8Array.of(0x91, 1), 1]],
    ['yield with traces', [Kind.yield, 1, ['a', 'b'], 10, new Uint8Array(32)]],
    ['mark', [Kind.mark, 1, { kind: 'barrier' }]],
    ['return', [Kind.return, 1, undefined]],
    ['error', [Kind.error, 1, error]],
    ['error with causes', [Kind.error, 1, withDepth(maxErrorDepth)]],
    ['error with members', [Kind.error, 1, { ...error, errors: [error, withDepth(2)] }]],
    ['stop', [Kind.stop, 1]],
  ])('finds nothing wrong with a %s', (_, frame) => {
    expect(frameFault(frame)).toBeUndefined()
  })

  it.each<[string, unknown, string]>([
    ['what is no array', { kind: 0 }, 'a frame that is not an array (object)'],
    ['nothing', undefined, 'a frame that is not an array (undefined)'],
    ['an empty frame', [], 'a frame of kind (undefined) without a context id'],
    ['a context id below zero', [Kind.stop, -1], 'a frame of kind 12 without a context id'],
    ['a context id that is a fraction', [Kind.stop, 1.5], 'a frame of kind 12 without a context id'],
    ['a kind of later versions', [14, 1], 'a frame of unknown kind 14'],
    ['a kind that is no number', [{ toString: 1 }, 1], 'a frame of unknown kind (object)'],
    ['a hello without an actor', [Kind.hello, 0, { version: 1 }], 'a malformed hello'],
    ['a hello without a version', [Kind.hello, 0, { actor }], 'a malformed hello'],
    ['an empty hello', [Kind.hello, 0], 'a malformed hello'],
    ['a hello with a short nonce', helloWith(new Uint8Array(15)), 'a malformed hello'],
    ['a hello with a long nonce', helloWith(new Uint8Array(65)), 'a malformed hello'],
    ['a hello whose nonce is text', helloWith('0123456789abcdef'), 'a malformed hello'],
    ['a proof without bytes', [Kind.proof, 0], 'a malformed proof'],
    ['a proof of no bytes', [Kind.proof, 0, new Uint8Array(0)], 'a malformed proof'],
    ['a proof of many bytes', [Kind.proof, 0, new Uint8Array(65)], 'a malformed proof'],
    ['a proof that is a list', [Kind.proof, 0, [1, 2, 3]], 'a malformed proof'],
    ['a ping without a number', [Kind.ping, 0], 'a malformed ping or pong'],
    ['a pong that is too large', [Kind.pong, 0, 2 ** 60], 'a malformed ping or pong'],
    ['a goaway without a reason', [Kind.goaway, 0], 'a malformed goaway'],
    ['a start of an unknown call', [Kind.start, 1, 3, '', 'add', [], 1, 1, 0], 'a malformed start'],
    ['a start without a name', [Kind.start, 1, CallKind.run, '', 5, [], 1, 1, 0], 'a malformed start'],
    ['a start without arguments', [Kind.start, 1, CallKind.run, '', 'add', {}, 1, 1, 0], 'a malformed start'],
    ['a start with half a window', [Kind.start, 1, CallKind.run, '', 'add', [], 0.5, 1, 0], 'a malformed start'],
    ['a start without a deadline', [Kind.start, 1, CallKind.run, '', 'add', [], 1, 1], 'a malformed start'],
    ['a start with headers that are none', [...start, 'priority'], 'a malformed start'],
    ['a credit without bytes', [Kind.credit, 1, 4], 'a malformed credit'],
    ['a credit that is not a number', [Kind.credit, 1, NaN, 4], 'a malformed credit'],
    ['a cancel by nobody', [Kind.cancel, 1, undefined, 'enough'], 'a malformed cancel'],
    ['a cancel without a reason', [Kind.cancel, 1, actor], 'a malformed cancel'],
    ['a yield of no array', [Kind.yield, 1, 'ab', 10], 'a malformed yield'],
    ['a yield of fractional weight', [Kind.yield, 1, ['a'], 9.5], 'a malformed yield'],
    ['a yield whose traces are no bytes', [Kind.yield, 1, ['a'], 9, [0, 1, 2, 3, 4, 5, 6]], 'a malformed yield'],
    ['a yield whose traces are nothing', [Kind.yield, 1, ['a'], 9, null], 'a malformed yield'],
    ['an error that is none', [Kind.error, 1, 'no'], 'a malformed error'],
    ['an error without fields', [Kind.error, 1, { ...error, fields: undefined }], 'a malformed error'],
    ['an error with a name that is none', [Kind.error, 1, { ...error, name: 5 }], 'a malformed error'],
    ['an error passed on by nobody', [Kind.error, 1, { ...error, relayPath: [null] }], 'a malformed error'],
    ['an error with a malformed cause', [Kind.error, 1, { ...error, cause: null }], 'a malformed error'],
    ['an error with malformed members', [Kind.error, 1, { ...error, errors: [5] }], 'a malformed error'],
    ['an error with causes without end', [Kind.error, 1, withDepth(100)], 'a malformed error'],
  ])('names what is wrong with %s', (_, frame, fault) => {
    expect(frameFault(frame)).toBe(fault)
  })

  it('answers for any value at all', () => {
    const entries = fc.oneof(fc.anything({ withNullPrototype: true, withObjectString: true }), fc.nat(15))
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.array(entries, { maxLength: 10 })), (frame) => {
        expect(typeof (frameFault(frame) ?? '')).toBe('string')
      }),
      { numRuns: 1000 },
    )
  })
})
