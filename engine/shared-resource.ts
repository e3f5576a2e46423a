import type { ActorRuntime } from './actor-runtime.ts'
import { currentRuntime } from './current-actor.ts'
import { ActorTooSlowError, ContextCancelledError, UsageError } from './errors.ts'
import { withinGrace } from './grace.ts'
import { isConsequenceOf, joinErrors } from './joined-errors.ts'
import { ambientScope, interruptible, runInScope, Scope } from './scope.ts'

/** A value and how to close it, for one that cannot be disposed by itself. */
export interface Closable<out T> {
  readonly value: T
  close(): unknown
}

/** What `open` of a shared resource may give: something to be disposed of, or `{ value, close }`. */
export type Resource = AsyncDisposable | Disposable | Closable<unknown>

/** What the users of such a resource get. */
export type ResourceValue<R extends Resource> = R extends AsyncDisposable | Disposable
  ? R
  : R extends Closable<infer T>
    ? T
    : never

/** One user's hold of a shared resource. Whoever has it closes it, best with `await using`. */
export interface Shared<out T> extends AsyncDisposable {
  readonly value: T
  /** Lets go of it. The last user's call closes the resource, waits for that and throws what fails in it. */
  close(): Promise<void>
}

/**
 * Takes part in a resource of this actor: opened by its first user, closed after its last. While it is open, every user with
 * the same key gets the same one, whatever `open` it brings. Who comes while it is being closed waits, and opens it anew.
 *
 * `open` runs as the actor's own: a user that is cancelled meanwhile does not disturb it, unless nobody else waits for it.
 * What it throws is thrown to all who wait; the next user tries again.
 *
 * With `use`, it is held for the time of that, and the call resolves to what that returns.
 */
export function shared<R extends Resource>(key: string, open: () => Promise<R> | R): Promise<Shared<ResourceValue<R>>>
export function shared<R extends Resource, T>(
  key: string,
  open: () => Promise<R> | R,
  use: (value: ResourceValue<R>) => Promise<T> | T,
): Promise<T>
export async function shared<R extends Resource, T>(
  key: string,
  open: () => Promise<R> | R,
  use?: (value: ResourceValue<R>) => Promise<T> | T,
): Promise<Shared<ResourceValue<R>> | T> {
  const handle = (await acquire(currentRuntime(), key, open)) as Shared<ResourceValue<R>>
  if (use === undefined) return handle
  let value: T
  try {
    value = await use(handle.value)
  } catch (error) {
    throw await errorAfter(error, handle.close())
  }
  await handle.close()
  return value
}

/**
 * Closes what is still open of an actor that ends. Each may take the actor's `cancelGraceMs`. Throws what fails, once all
 * of them are done with.
 */
export async function closeShared(runtime: ActorRuntime): Promise<void> {
  const left = [...(resourcesOf.get(runtime)?.values() ?? [])]
  const outcomes = await Promise.allSettled(left.map((resource) => resource.abandon()))
  const errors = outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => outcome.reason as unknown)
  if (errors.length > 0) throw joinErrors(errors)
}

const resourcesOf = new WeakMap<ActorRuntime, Map<string, SharedResource>>()

function resourcesIn(runtime: ActorRuntime): Map<string, SharedResource> {
  const resources = resourcesOf.get(runtime) ?? new Map<string, SharedResource>()
  resourcesOf.set(runtime, resources)
  return resources
}

type Open = () => Promise<Resource> | Resource

async function acquire(runtime: ActorRuntime, key: string, open: Open): Promise<Shared<unknown>> {
  const resources = resourcesIn(runtime)
  for (;;) {
    ambientScope()?.throwIfCancelled()
    // An actor that is ending opens nothing more.
    runtime.scope.throwIfCancelled()
    let resource = resources.get(key)
    if (resource?.closing !== undefined) {
      await interruptible(resource.closing.catch(() => undefined))
      continue
    }
    if (resource === undefined) {
      resource = new SharedResource(runtime, key, () => resources.delete(key))
      resources.set(key, resource)
      resource.open(open)
    }
    return await resource.join()
  }
}

/** A resource from when it begins to be opened until it is closed. Belongs to its actor. */
class SharedResource {
  /** Settles when it is closed; undefined before that begins. From then on nobody can join. */
  closing: Promise<void> | undefined
  readonly #runtime: ActorRuntime
  readonly #key: string
  readonly #forget: () => void
  readonly #scope: Scope
  #opening: Promise<Resource> | undefined
  #state: 'opening' | 'open' | 'failed' = 'opening'
  #userCount = 0

  constructor(runtime: ActorRuntime, key: string, forget: () => void) {
    this.#runtime = runtime
    this.#key = key
    this.#forget = forget
    this.#scope = new Scope(runtime, runtime.scope)
  }

  /** Begins to open it. To be called once, when it can be found: `open` may look for it. */
  open(open: Open): void {
    this.#opening = this.#open(open)
    // Each who waits for it is told; it may be that nobody does any more.
    this.#opening.catch(() => undefined)
  }

  async #open(open: Open): Promise<Resource> {
    try {
      const resource = await runInScope(this.#scope, () => Promise.try(open))
      requireResource(this.#key, resource)
      this.#state = 'open'
      return resource
    } catch (error) {
      this.#state = 'failed'
      this.#scope.close()
      // Before anybody hears of it: the next one tries again.
      if (this.closing === undefined) this.#forget()
      throw error
    }
  }

  /** Adds a user, and waits until it is open. */
  async join(): Promise<Shared<unknown>> {
    if (this.#state === 'opening' && ambientScope() === this.#scope) {
      throw new UsageError(
        `the shared resource '${this.#key}' was asked for by what opens it: that would wait for itself`,
      )
    }
    this.#userCount += 1
    try {
      const resource = await interruptible(this.#opening as Promise<Resource>)
      return new SharedHandle(valueOf(resource), () => this.#leave())
    } catch (error) {
      throw await errorAfter(error, this.#leave())
    }
  }

  async #leave(): Promise<void> {
    this.#userCount -= 1
    if (this.#state === 'failed' || this.#userCount > 0) return
    if (this.closing !== undefined) {
      // It was closed over its users, as the actor ends: whoever did that hears how it went.
      await this.closing.catch(() => undefined)
    } else if (this.#state === 'open') await this.#close()
    // Who is cancelled while it is being opened waits until that has ended, but not for ever.
    else await withinGrace(this.#close(), this.#runtime.options.graces.cancelGraceMs, [])
  }

  /** Closes it whoever uses it: its actor ends. */
  async abandon(): Promise<void> {
    const { self, options } = this.#runtime
    const { cancelGraceMs } = options.graces
    const closing = this.closing?.catch(() => undefined) ?? this.#close()
    if (await withinGrace(closing, cancelGraceMs, [])) return
    throw new ActorTooSlowError(self, `the closing of the shared resource '${this.#key}'`, cancelGraceMs)
  }

  #close(): Promise<void> {
    this.closing = this.#shut().finally(() => {
      this.#scope.close()
      this.#forget()
    })
    return this.closing
  }

  async #shut(): Promise<void> {
    if (this.#state === 'opening') {
      this.#scope.cancel(new ContextCancelledError(this.#runtime.self, 'nobody waits for it any more'))
    }
    let resource: Resource
    try {
      resource = await (this.#opening as Promise<Resource>)
    } catch {
      // It did not come to be, and nobody is there to be told.
      return
    }
    // As the actor's own, and even while that is being cancelled: a close may have to wait for something.
    await runInScope(new Scope(this.#runtime), () => dispose(resource))
  }
}

class SharedHandle<T> implements Shared<T> {
  readonly value: T
  readonly #leave: () => Promise<void>
  #left: Promise<void> | undefined

  constructor(value: T, leave: () => Promise<void>) {
    this.value = value
    this.#leave = leave
  }

  async close(): Promise<void> {
    if (this.#left === undefined) {
      this.#left = this.#leave()
      await this.#left
    }
    // How that went was told the first time.
    await this.#left.catch(() => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function requireResource(key: string, value: unknown): asserts value is Resource {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  if (isObject && (Symbol.asyncDispose in value || Symbol.dispose in value || ('value' in value && 'close' in value)))
    return
  throw new UsageError(
    `the open function of the shared resource '${key}' must return something that can be disposed of, or { value, close }`,
  )
}

function valueOf(resource: Resource): unknown {
  return Symbol.asyncDispose in resource || Symbol.dispose in resource ? resource : resource.value
}

async function dispose(resource: Resource): Promise<void> {
  if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]()
  else if (Symbol.dispose in resource) resource[Symbol.dispose]()
  else await resource.close()
}

/**
 * What to throw when something has failed and is then cleaned up. If that fails too, both; but a cancellation is no
 * failure, and gives way to one.
 */
async function errorAfter(error: unknown, cleanUp: Promise<void>): Promise<unknown> {
  try {
    await cleanUp
    return error
  } catch (cleanUpError) {
    return isConsequenceOf(error, ambientScope()?.reason) ? cleanUpError : joinErrors([error, cleanUpError])
  }
}
