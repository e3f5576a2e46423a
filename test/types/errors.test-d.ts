import { describe, expectTypeOf, it } from 'vitest'
import {
  ActorExitError,
  type ActorId,
  ContextCancelledError,
  DeadlineExceededError,
  FlowError,
  RemoteActorError,
  StreamLaggedError,
} from '../../index.ts'

declare const thrown: unknown

describe('FlowError', () => {
  it('is told from any other error by FlowError.is', () => {
    if (FlowError.is(thrown)) {
      expectTypeOf(thrown).toEqualTypeOf<FlowError>()
      expectTypeOf(thrown.code).toEqualTypeOf<`FLOW_${string}`>()
    }
  })

  it('is not made by itself', () => {
    // @ts-expect-error -- every failure has a class of its own
    throw new FlowError('failed')
  })
})

describe('The classes of errors', () => {
  it('have a code that TypeScript knows', () => {
    expectTypeOf<DeadlineExceededError['code']>().toEqualTypeOf<'FLOW_DEADLINE_EXCEEDED'>()
    expectTypeOf<StreamLaggedError['code']>().toEqualTypeOf<'FLOW_STREAM_LAGGED'>()
    expectTypeOf<StreamLaggedError>().toExtend<FlowError>()
  })

  it('have their facts in fields', () => {
    if (thrown instanceof RemoteActorError) {
      expectTypeOf(thrown.actor).toEqualTypeOf<ActorId>()
      expectTypeOf(thrown.relayPath).toEqualTypeOf<readonly ActorId[]>()
      expectTypeOf(thrown.fields).toEqualTypeOf<Readonly<Record<string, unknown>>>()
    } else if (thrown instanceof ContextCancelledError) {
      expectTypeOf(thrown.canceller).toEqualTypeOf<ActorId>()
      expectTypeOf(thrown.reason).toEqualTypeOf<string>()
    } else if (thrown instanceof ActorExitError) {
      expectTypeOf(thrown.exitCode).toEqualTypeOf<number | null>()
      expectTypeOf(thrown.signal).toEqualTypeOf<string | null>()
    } else if (thrown instanceof StreamLaggedError) expectTypeOf(thrown.missedCount).toEqualTypeOf<number>()
  })
})
