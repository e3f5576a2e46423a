import type { ItemOf } from './batch.ts'
import type { ContextTypes } from './context.ts'
import type { OpenContext } from './open-context.ts'

export type AnyFunction = (...args: any[]) => unknown
export type Functions = Record<string, AnyFunction>

/**
 * A function that may be exposed: any. Its second signature keeps it from giving types to the parameters of a function
 * that is written in place: with one, `b = 1` would be any there and not number, and `x => x` no mistake.
 */
interface ExposedFunction {
  (...args: any[]): unknown
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- To differ from the first is all that it is for.
  <T>(...args: T[]): unknown
}

/** What an actor's module exports: the functions that may be called from outside, and no others. */
export interface Definition<out F extends Functions> {
  readonly kind: 'actorflow.definition'
  /** The module that a new actor imports to get these functions. */
  readonly url: string
  readonly functions: F
}

/**
 * Declares an actor: `export default defineActor(import.meta.url, { add, count })`. Exposed are plain functions, sync
 * and async, generators, sync and async, and context functions.
 */
export function defineActor<F extends Record<string, ExposedFunction>>(url: string, functions: F): Definition<F> {
  if (typeof url !== 'string' || !URL.canParse(url)) {
    throw new TypeError(`defineActor: the first argument must be import.meta.url, not ${JSON.stringify(url)}`)
  }
  for (const [name, fn] of Object.entries(functions)) {
    if (typeof fn !== 'function') throw new TypeError(`defineActor: '${name}' must be a function, not ${typeof fn}`)
  }
  return { kind: 'actorflow.definition', url, functions }
}

export function isDefinition(value: unknown): value is Definition<Functions> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'actorflow.definition'
}

type Kind = 'run' | 'stream' | 'context'
type GeneratorLike = AsyncIterable<unknown> | Iterator<unknown, unknown, never>
type MarkedContext = { readonly kind: 'actorflow.context'; readonly types?: ContextTypes<any, any, any, any, any> }
type TypesOf<Fn> = Fn extends { readonly types?: infer Types } ? NonNullable<Types> : never
type IfAny<T, Then, Else> = 0 extends 1 & T ? Then : Else
/** The names of the functions that may be called by one of those ways. */
type NamesOf<F extends Functions, By extends Kind> = {
  [K in keyof F]: By extends KindOf<F[K]> ? K : never
}[keyof F] &
  string
type KindOf<Fn> = IfAny<
  Fn,
  Kind,
  Fn extends MarkedContext ? 'context' : Fn extends (...args: never[]) => infer R ? KindOfResult<Awaited<R>> : never
>
// A type that says nothing of the result rules out no way to call it: the actor itself knows, and says so.
type KindOfResult<R> = unknown extends R
  ? Kind
  : [R] extends [never]
    ? 'run'
    : [R] extends [GeneratorLike]
      ? 'stream'
      : 'run'

/** The names that `portal.run` takes. */
export type RunName<F extends Functions> = NamesOf<F, 'run'>
/** The names that `portal.stream` takes: generators, what else gives an async iterable, and context functions. */
export type StreamName<F extends Functions> = NamesOf<F, 'stream' | 'context'>
/** The names that `portal.openContext` takes. */
export type ContextName<F extends Functions> = NamesOf<F, 'context'>

/** The arguments that a caller passes: a context function's first one is the engine's to give. */
export type CallArgs<Fn> = IfAny<
  Fn,
  any[],
  Fn extends MarkedContext
    ? TypesOf<Fn>['args'] extends infer Args extends unknown[]
      ? Args
      : never
    : Fn extends (...args: infer Args) => unknown
      ? Args
      : never
>

/** What `portal.run` resolves to. */
export type RunResult<Fn> = Fn extends (...args: never[]) => infer R ? Awaited<R> : never

/** What iterating `portal.stream` gives. */
export type StreamItem<Fn> = IfAny<
  Fn,
  any,
  Fn extends MarkedContext
    ? TypesOf<Fn>['send']
    : Fn extends (...args: never[]) => infer R
      ? ItemOfResult<Awaited<R>>
      : never
>
type ItemOfResult<R> = unknown extends R
  ? R
  : R extends AsyncIterable<infer T>
    ? ItemOf<T>
    : R extends Iterator<infer T, unknown, never>
      ? ItemOf<T>
      : never

/** What `portal.openContext` resolves to. */
export type ContextHandle<Fn> = Fn extends MarkedContext
  ? OpenContext<TypesOf<Fn>['send'], TypesOf<Fn>['receive'], TypesOf<Fn>['started'], TypesOf<Fn>['result']>
  : 'context' extends KindOf<Fn>
    ? OpenContext<unknown, any, unknown, unknown>
    : never
