import { describe, expect, it } from 'vitest'
import { context } from '../../engine/context.ts'
import { defineActor, type Functions, isDefinition } from '../../engine/definition.ts'
import { NotExposedError } from '../../engine/errors.ts'
import type { MessageStream } from '../../engine/message-stream.ts'
import { openMemoryActors } from '../support/memory-actors.ts'
import { errorOf } from '../support/thrown.ts'

describe('defineActor', () => {
  it('keeps the module and its functions', () => {
    const add = (a: number, b: number) => a + b
    const definition = defineActor(import.meta.url, { add })
    expect(definition).toEqual({ kind: 'actorflow.definition', url: import.meta.url, functions: { add } })
    expect(isDefinition(definition)).toBe(true)
  })

  it.each<[string, unknown]>([
    ['a path', '/home/donny/film.ts'],
    ['a relative path', './film.ts'],
    ['nothing', undefined],
    ['the functions', { add: () => 1 }],
  ])('refuses %s in the place of import.meta.url', (_, url) => {
    expect(() => defineActor(url as string, {})).toThrow(
      /^defineActor: the first argument must be import.meta.url, not /,
    )
  })

  it.each([
    ['a value', { count: 5 }, "defineActor: 'count' must be a function, not number"],
    ['an object of functions', { math: { add: () => 1 } }, "defineActor: 'math' must be a function, not object"],
  ])('refuses %s among the functions', (_, functions, message) => {
    expect(() => defineActor(import.meta.url, functions as unknown as Functions)).toThrow(new TypeError(message))
  })
})

describe('isDefinition', () => {
  it.each([[undefined], [null], ['actorflow.definition'], [{}], [{ kind: 'actorflow.context' }]])(
    'is false for %o',
    (value) => {
      expect(isDefinition(value)).toBe(false)
    },
  )
})

describe('What an actor exposes', () => {
  const functions = {
    add: (a: number, b: number) => a + b,
    async *count() {
      yield 1
    },
    lines: () => ['a', 'b'],
    converse: context(async () => undefined),
  }
  const { portal: typed, run } = openMemoryActors(functions)
  // As a caller has it whose types are wrong.
  const portal = typed as unknown as {
    run(name: string, ...args: unknown[]): Promise<unknown>
    stream(name: string): MessageStream<unknown>
    openContext(name: string): Promise<unknown>
  }

  it('is what is in its definition', async () => {
    expect(await run(() => portal.run('add', 1, 2))).toBe(3)
  })

  it.each(['subtract', 'toString', 'constructor', '__proto__', 'hasOwnProperty', ''])('is not %o', async (name) => {
    for (const call of [() => portal.run(name), () => portal.stream(name).next(), () => portal.openContext(name)]) {
      const error = await errorOf(run<Promise<unknown>>(call))
      expect(error).toBeInstanceOf(NotExposedError)
      expect(error).toMatchObject({ message: `actor 'callee' does not expose '${name}'`, functionName: name })
    }
  })

  it.each([
    ['run', 'count', "exposes 'count' as a generator: use portal.stream"],
    ['run', 'converse', "exposes 'converse' as a context function: use portal.openContext or portal.stream"],
    ['openContext', 'add', "exposes 'add', but not as a context function: use portal.run or portal.stream"],
    ['stream', 'add', "exposes 'add', but it is not a generator: use portal.run"],
  ])('says how to call what was called with %s', async (method, name, advice) => {
    const call = async () => {
      if (method === 'run') await portal.run(name)
      else if (method === 'stream') await portal.stream(name).next()
      else await portal.openContext(name)
    }
    expect(await errorOf(run(call))).toMatchObject({ code: 'FLOW_NOT_EXPOSED', message: `actor 'callee' ${advice}` })
  })

  it('may be streamed if it gives any iterable', async () => {
    const items: unknown[] = []
    await run(async () => {
      for await (const item of portal.stream('lines')) items.push(item)
    })
    expect(items).toEqual(['a', 'b'])
  })
})
