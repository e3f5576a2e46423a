import { AsyncLocalStorage } from 'node:async_hooks'
import {
  context as activeContexts,
  type Context,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { isTracingSuppressed } from '@opentelemetry/core'
import type { AmbientTrace, Attachment } from '../engine/index.ts'
import { unfollowed } from './tentative-item.ts'
import { contextOf, isOver } from './trace-context.ts'
import { isSampled } from './traceparent.ts'

/** A context that somebody entered, and what the task had in hand then. */
interface Entered {
  readonly context: Context
  readonly itemTrace: unknown
  readonly serving: unknown
}

/** Somebody who has to know once a context with a span that is followed may have been entered. */
export interface ContextsFollower {
  entersAreFollowed(): void
}

type Attached = ReturnType<NonNullable<AsyncLocalStorageContextManager['attach']>>

/**
 * The active context of `@opentelemetry/api`, for actors: what `context.with` entered, or else what the engine knows of the
 * task, the item that it has in hand or the call that it serves. The later of the two counts: an item that is pulled inside
 * of `context.with` is the one in hand until the next one, and `context.with` inside of its processing is within that.
 *
 * What the engine knows is asked for when somebody wants to know it. So an item that nobody asks about costs nothing here.
 */
export class ItemContexts extends AsyncLocalStorageContextManager {
  readonly #ambient: Attachment['ambient']
  readonly #entered = new AsyncLocalStorage<Entered | undefined>()
  #followsEntered = false
  // Whoever waits to be told, for as long as it is there: actors of this process come and go.
  readonly #toTell = new Set<WeakRef<ContextsFollower>>()
  #isActive = true

  constructor(ambient: Attachment['ambient']) {
    super()
    this.#ambient = ambient
  }

  /** Makes this what `@opentelemetry/api` asks; false if the application has seen to that already. */
  activate(): boolean {
    this.#isActive = activeContexts.setGlobalContextManager(this)
    if (!this.#isActive) this.#tell()
    return this.#isActive
  }

  /** True once somebody may have entered a context with a span that is followed: until then there is no need to ask for one. */
  get followsEntered(): boolean {
    return this.#followsEntered || !this.#isActive
  }

  /** Tells the follower once that is so: at once, or when it comes. Does not keep it from being collected. */
  whenFollowsEntered(follower: ContextsFollower): void {
    if (this.followsEntered) return follower.entersAreFollowed()
    for (const known of this.#toTell) if (known.deref() === undefined) this.#toTell.delete(known)
    this.#toTell.add(new WeakRef(follower))
  }

  #tell(): void {
    for (const follower of this.#toTell) follower.deref()?.entersAreFollowed()
    this.#toTell.clear()
  }

  /** The context that whatever is done now is done in, whoever manages them. */
  get current(): Context {
    if (this.#isActive) return this.active()
    const theirs = activeContexts.active()
    return trace.getSpan(theirs) === undefined ? this.active() : theirs
  }

  /** The context that was entered since the task took up what it has in hand; undefined if there is none. */
  get entered(): Context | undefined {
    if (!this.#isActive) return activeContexts.active()
    const entered = this.#entered.getStore()
    if (entered === undefined) return undefined
    const { itemTrace, serving }: Partial<AmbientTrace> = this.#ambient() ?? {}
    // An event of a connection may run in the context of whoever opened it: a call that came in that way is not in there.
    if (entered.serving !== serving) return undefined
    const isLater = entered.itemTrace === itemTrace || itemTrace === undefined || isOver(itemTrace)
    return isLater ? entered.context : undefined
  }

  override active(): Context {
    const entered = this.#entered.getStore()
    const ambient = this.#ambient()
    const itemTrace = ambient?.itemTrace
    const serving = ambient?.serving
    const within = entered !== undefined && entered.serving === serving
    if (within && entered.itemTrace === itemTrace) return entered.context
    const item = contextOf(itemTrace)
    const isFollowedItem = item !== undefined && isFollowed(trace.getSpanContext(item))
    // An item that is not followed does not hide a span that somebody made himself.
    if (within) return isFollowedItem ? over(entered.context, item) : entered.context
    if (item !== undefined) return item
    return itemTrace === null ? unfollowed() : (contextOf(serving?.trace) ?? ROOT_CONTEXT)
  }

  override with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#entered.run(this.#enter(context), () =>
      Reflect.apply<typeof thisArg, A, ReturnType<F>>(fn, thisArg, args),
    )
  }

  override attach(context: Context): Attached {
    const before = this.#entered.getStore()
    this.#entered.enterWith(this.#enter(context))
    return { dispose: () => this.#entered.enterWith(before) }
  }

  override disable(): this {
    this.#entered.disable()
    return super.disable()
  }

  #enter(context: Context): Entered {
    const ambient = this.#ambient()
    // An exporter posts from wherever its time has come, also in the midst of an item: it makes no spans there.
    if (!this.#followsEntered && !isTracingSuppressed(context) && isFollowed(trace.getSpanContext(context))) {
      this.#followsEntered = true
      this.#tell()
    }
    return { context, itemTrace: ambient?.itemTrace, serving: ambient?.serving }
  }
}

// One for all actors of a process, for as long as there is one that traces: there is one active context, too.
let shared: { readonly contexts: ItemContexts; userCount: number; close(): unknown } | undefined

/** The contexts of the actors of this process. Whoever opens them closes them. */
export function openItemContexts(ambient: Attachment['ambient']): { readonly contexts: ItemContexts; close(): void } {
  if (shared === undefined) {
    const contexts = new ItemContexts(ambient)
    const isActive = contexts.activate()
    shared = { contexts, userCount: 0, close: () => isActive && activeContexts.disable() }
  }
  const used = shared
  used.userCount += 1
  return {
    contexts: used.contexts,
    close() {
      used.userCount -= 1
      if (used.userCount > 0) return
      shared = undefined
      used.close()
    },
  }
}

function isFollowed(span: SpanContext | undefined): boolean {
  return span !== undefined && trace.isSpanContextValid(span) && isSampled(span)
}

/** An item's span and baggage, and whatever else was in the context around it. */
function over(around: Context, item: Context): Context {
  const span = trace.getSpan(item)
  const context = span === undefined ? around : trace.setSpan(around, span)
  const baggage = propagation.getBaggage(item)
  return baggage === undefined ? context : propagation.setBaggage(context, baggage)
}
