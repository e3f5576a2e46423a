import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Decoder, Encoder } from '../../engine/codec.ts'
import {
  ActorExitError,
  type ActorId,
  ContextCancelledError,
  DeadlineExceededError,
  FlowError,
  NotExposedError,
  RemoteActorError,
  StreamLaggedError,
} from '../../engine/errors.ts'
import { type Frame, frameFault, Kind, type PackedError } from '../../engine/frame.ts'
import { ActorNotFoundError } from '../../engine/registry-errors.ts'
import { packDirectError, packError, unpackError } from '../../engine/remote-error.ts'
import { weigh } from '../../engine/weigh.ts'

const donny: ActorId = { name: 'donny', id: 'd1' }
const frank: ActorId = { name: 'frank', id: 'f1' }
const gretchen: ActorId = { name: 'gretchen', id: 'g1' }

/** Sends a packed error over the wire. */
function travel(packed: PackedError): PackedError {
  expect(frameFault([Kind.error, 1, packed])).toBeUndefined()
  weigh(packed)
  let arrived: Frame | undefined
  const bytes = Buffer.concat(new Encoder().encode([[Kind.error, 1, packed]]))
  new Decoder().push(bytes, (frame) => {
    arrived = frame
  })
  return arrived?.[2] as PackedError
}

/** What a caller gets of an error that was thrown at `donny` and passed on by `via`. */
function caught(thrown: unknown, ...via: ActorId[]): RemoteActorError {
  let error = unpackError(travel(packError(thrown, donny)))
  for (const actor of via) error = unpackError(travel(packError(error, actor)))
  expect(error).toBeInstanceOf(RemoteActorError)
  return error as RemoteActorError
}

describe('An error of another actor', () => {
  it('has the message, name and stack of the one that was thrown, and says where', () => {
    const thrown = new TypeError('not a rabbit')
    const error = caught(thrown)
    expect(error.message).toBe('not a rabbit')
    expect(error.remoteName).toBe('TypeError')
    expect(error.remoteStack).toBe(thrown.stack)
    expect(error.actor).toEqual(donny)
    expect(error.relayPath).toEqual([])
    expect(error.code).toBe('FLOW_REMOTE')
  })

  it.each([Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError])(
    'has %o rebuilt as its cause',
    (type) => {
      const { cause } = caught(new type('wrong'))
      expect(cause).toBeInstanceOf(type)
      expect(Object.getPrototypeOf(cause)).toBe(type.prototype)
      expect((cause as Error).message).toBe('wrong')
    },
  )

  it('has one of our own classes rebuilt with its fields', () => {
    const cause = caught(new ActorExitError(frank, { exitCode: null, signal: 'SIGKILL' })).cause as ActorExitError
    expect(cause).toBeInstanceOf(ActorExitError)
    expect(FlowError.is(cause)).toBe(true)
    expect(cause).toMatchObject({ name: 'ActorExitError', code: 'FLOW_ACTOR_EXIT', actor: frank, signal: 'SIGKILL' })
  })

  it('has no cause where the class is not known here, but its name and fields', () => {
    class OutOfMilk extends Error {
      override name = 'OutOfMilk'
      readonly litres = 0
    }
    const error = caught(new OutOfMilk('no milk'))
    expect(error.cause).toBeUndefined()
    expect(error.remoteName).toBe('OutOfMilk')
    expect(error.fields).toEqual({ name: 'OutOfMilk', litres: 0 })
  })

  it('keeps the causes of the error', () => {
    const root = Object.assign(new RangeError('root'), { path: '/tmp' })
    const { cause } = caught(new Error('top', { cause: new TypeError('middle', { cause: root }) }))
    const middle = (cause as Error).cause as Error
    expect(middle).toBeInstanceOf(TypeError)
    expect(middle.cause).toBeInstanceOf(RangeError)
    expect(middle.cause).toMatchObject({ message: 'root', path: '/tmp' })
  })

  it('keeps the members of an AggregateError, each with its actor', () => {
    const member = caught(new RangeError('far'), frank)
    const { cause } = caught(new AggregateError([new TypeError('near'), member], 'both'))
    expect(cause).toBeInstanceOf(AggregateError)
    const [near, far] = (cause as AggregateError).errors as RemoteActorError[]
    expect(near).toMatchObject({ message: 'near', actor: donny, cause: expect.any(TypeError) })
    expect(far).toMatchObject({ message: 'far', remoteName: 'RangeError', relayPath: [frank, donny] })
  })

  it('keeps both errors of a SuppressedError, each with its actor', () => {
    const { cause } = caught(new SuppressedError(caught(new RangeError('far'), frank), new TypeError('near')), gretchen)
    expect(cause).toBeInstanceOf(SuppressedError)
    const { error, suppressed } = cause as SuppressedError
    expect(error).toMatchObject({ message: 'far', remoteName: 'RangeError', relayPath: [frank, donny, gretchen] })
    expect(suppressed).toMatchObject({ message: 'near', actor: donny, cause: expect.any(TypeError) })
  })

  it('remembers the actors that passed it on, and is otherwise the same after any number of them', () => {
    const thrown = Object.assign(new TypeError('boom', { cause: new RangeError('why') }), { attempt: 3 })
    const near = caught(thrown)
    const far = caught(thrown, frank, gretchen)
    expect(far.relayPath).toEqual([frank, gretchen])
    expect(far).toMatchObject({ message: 'boom', actor: donny, remoteStack: near.remoteStack, fields: { attempt: 3 } })
    expect(far.cause).toMatchObject({ message: 'boom', attempt: 3, cause: { message: 'why' } })
    expect(((far.cause as Error).cause as Error).cause).toBeUndefined()
  })

  it('has its members after being passed on as well', () => {
    const { cause } = caught(new AggregateError([new TypeError('one')], 'all'), frank)
    expect((cause as AggregateError).errors).toMatchObject([{ message: 'one', relayPath: [frank] }])
  })

  it.each<[string, unknown, string]>([
    ['a string', 'no milk', 'no milk'],
    ['nothing', undefined, 'undefined'],
    ['an object', { litres: 0 }, '{ litres: 0 }'],
    ['a function', () => 1, '[Function (anonymous)]'],
    ['a symbol', Symbol('milk'), 'Symbol(milk)'],
  ])('is made of %s that was thrown', (_, thrown, message) => {
    const error = caught(thrown)
    expect(error.remoteName).toBe('NonError')
    expect(error.message).toBe(message)
    expect(error.cause).toBeUndefined()
  })

  it('keeps what was thrown, if it can travel', () => {
    expect(caught({ litres: 0 }).fields).toEqual({ value: { litres: 0 } })
  })

  it('shows the fields that cannot travel', () => {
    const error = caught(Object.assign(new Error('x'), { retry: () => 1, status: 500, big: 'y'.repeat(100_000) }))
    expect(error.fields).toMatchObject({ retry: '[Function: retry]', status: 500 })
    expect((error.fields['big'] as string).length).toBeLessThanOrEqual(1024)
  })

  it('cannot change a prototype through its fields', () => {
    const thrown = new Error('x')
    Object.defineProperty(thrown, '__proto__', { value: { admin: true }, enumerable: true })
    const error = caught(thrown)
    expect(error.fields['admin']).toBeUndefined()
    expect((error.cause as Record<string, unknown>)['admin']).toBeUndefined()
    expect(error.cause).toBeInstanceOf(Error)
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
  })
})

describe('packError', () => {
  /** How many bytes an error would take. */
  const sizeOf = (thrown: unknown) => weigh(travel(packError(thrown, donny)))

  it('cuts off a stack and a message that are huge', () => {
    const thrown = new Error('m'.repeat(1_000_000))
    thrown.stack = 's'.repeat(1_000_000)
    expect(sizeOf(thrown)).toBeLessThan(40_000)
    expect(sizeOf('t'.repeat(1_000_000))).toBeLessThan(40_000)
  })

  it('cuts off fields without end', () => {
    const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`field${n}`, 'x'.repeat(100)]))
    expect(sizeOf(Object.assign(new Error('x'), fields))).toBeLessThan(150_000)
  })

  it('cuts off causes and members without end', () => {
    const loop = new Error('loop')
    loop.cause = loop
    expect(caught(loop).message).toBe('loop')
    const many = new AggregateError(Array.from({ length: 10_000 }, (_, n) => new Error(`${n}`)))
    expect((caught(many).cause as AggregateError).errors.length).toBeLessThan(100)
    const bush = new AggregateError([], 'bush')
    bush.errors = Array.from({ length: 50 }, () => bush)
    expect(caught(bush).message).toBe('bush')
  })

  it('packs whatever is thrown, however hard it makes that', () => {
    const boobyTrap = () => {
      throw new Error('trap')
    }
    const trapped = Object.defineProperties(new Error('x'), {
      message: { get: boobyTrap },
      stack: { get: boobyTrap },
      cause: { get: boobyTrap },
      field: { get: boobyTrap, enumerable: true },
    })
    const odd = Object.assign(new Error('x'), { name: Symbol('odd'), message: 42, stack: null, errors: 'none' })
    const unshowable = { [inspect.custom]: boobyTrap }
    for (const thrown of [trapped, odd, unshowable, Object.assign(new Error('x'), { unshowable, run: boobyTrap })]) {
      expect(caught(thrown)).toBeInstanceOf(RemoteActorError)
    }
    expect(caught(odd)).toMatchObject({ remoteName: 'Symbol(odd)', message: '42' })
  })
})

describe('A direct error', () => {
  it('is thrown as itself', () => {
    const error = unpackError(travel(packDirectError(new NotExposedError(donny, 'fly', 'does not expose fly'), donny)))
    expect(error).toBeInstanceOf(NotExposedError)
    expect(error).toMatchObject({ message: "actor 'donny' does not expose fly", functionName: 'fly', actor: donny })
  })

  it.each([new ContextCancelledError(frank, 'enough'), new DeadlineExceededError(50), new StreamLaggedError(3)])(
    'keeps the name, code and fields of $name',
    (thrown) => {
      const error = unpackError(travel(packDirectError(thrown, donny)))
      expect(error).toStrictEqual(thrown)
      expect(error.name).toBe(thrown.name)
      expect(Object.keys(error).toSorted()).toEqual(Object.keys(thrown).toSorted())
    },
  )

  it('is a RemoteActorError if its class is not known here', () => {
    class FromTheFuture extends FlowError {
      readonly code = 'FLOW_FUTURE'
    }
    const error = unpackError(travel(packDirectError(new FromTheFuture('later'), donny)))
    expect(error).toBeInstanceOf(RemoteActorError)
    expect(error).toMatchObject({ remoteName: 'FromTheFuture', fields: { code: 'FLOW_FUTURE' } })
  })

  it("rebuilds the registry's errors, and both of what a SuppressedError holds", () => {
    expect(caught(new ActorNotFoundError('frank', 50)).cause).toBeInstanceOf(ActorNotFoundError)
    const { cause } = caught(new SuppressedError(new TypeError('second'), new RangeError('first'), 'both'))
    expect(cause).toBeInstanceOf(SuppressedError)
    expect(cause).toMatchObject({ error: { remoteName: 'TypeError' }, suppressed: { remoteName: 'RangeError' } })
  })
})
