import type { ItemOf } from './batch.ts'
import type { ContextTypes } from './context.ts'
import type { OpenContext } from './open-context.ts'

export type AnyFunction = (...args: any[]) => unknown
export type Functions = Record<string, AnyFunction>

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
export function defineActor<F extends Functions>(url: string, functions: F): Definition<F> {
  if (typeof url !== 'string' || !/^[a-z][a-z+.-]*:/i.test(url)) {
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

type GeneratorLike = AsyncIterable<unknown> | Iterator<unknown, unknown, never>
type MarkedContext = { readonly kind: 'actorflow.context'; readonly types?: ContextTypes<any, any, any, any, any> }
type TypesOf<Fn> = Fn extends { readonly types?: infer Types } ? NonNullable<Types> : never
type NamesOf<F extends Functions, Kind> = { [K in keyof F]: KindOf<F[K]> extends Kind ? K : never }[keyof F] & string
type KindOf<Fn> = Fn extends MarkedContext
  ? 'context'
  : Fn extends (...args: never[]) => infer R
    ? [R] extends [never]
      ? 'run'
      : [R] extends [GeneratorLike]
        ? 'stream'
        : 'run'
    : never

/** The names that `portal.run` takes. */
export type RunName<F extends Functions> = NamesOf<F, 'run'>
/** The names that `portal.stream` takes: generators and context functions. */
export type StreamName<F extends Functions> = NamesOf<F, 'stream' | 'context'>
/** The names that `portal.openContext` takes. */
export type ContextName<F extends Functions> = NamesOf<F, 'context'>

/** The arguments that a caller passes: a context function's first one is the engine's to give. */
export type CallArgs<Fn> = Fn extends MarkedContext
  ? TypesOf<Fn>['args'] extends infer Args extends unknown[]
    ? Args
    : never
  : Fn extends (...args: infer Args) => unknown
    ? Args
    : never

/** What `portal.run` resolves to. */
export type RunResult<Fn> = Fn extends (...args: never[]) => infer R ? Awaited<R> : never

/** What iterating `portal.stream` gives. */
export type StreamItem<Fn> = Fn extends MarkedContext
  ? TypesOf<Fn>['send']
  : Fn extends (...args: never[]) => infer R
    ? R extends AsyncIterable<infer T>
      ? ItemOf<T>
      : R extends Iterator<infer T, unknown, never>
        ? ItemOf<T>
        : never
    : never

/** What `portal.openContext` resolves to. */
export type ContextHandle<Fn> = Fn extends MarkedContext
  ? OpenContext<TypesOf<Fn>['send'], TypesOf<Fn>['receive'], TypesOf<Fn>['started'], TypesOf<Fn>['result']>
  : never
