import { ambientScope } from '../../engine/scope.ts'

/** Work on items that ends only when the test says so, or when it is cancelled. */
export class ManualCalls<T, R> {
  /** The items in the order in which they were begun. */
  readonly begun: T[] = []
  /** The items whose work was cancelled, once that has ended it. */
  readonly cancelled: T[] = []
  /** Put in by a test that wants cancelled work to take its time, or to fail. */
  unwind: () => Promise<void> = () => Promise.resolve()
  readonly #waiting = new Map<T, PromiseWithResolvers<R>>()

  get waitingCount(): number {
    return this.#waiting.size
  }

  readonly call = async (item: T): Promise<R> => {
    const scope = ambientScope()
    const waiting = Promise.withResolvers<R>()
    const onCancel = (reason: Error) => waiting.reject(reason)
    this.begun.push(item)
    this.#waiting.set(item, waiting)
    scope?.onCancel(onCancel)
    try {
      return await waiting.promise
    } catch (error) {
      if (scope?.reason !== undefined && error === scope.reason) {
        await this.unwind()
        this.cancelled.push(item)
      }
      throw error
    } finally {
      this.#waiting.delete(item)
      scope?.offCancel(onCancel)
    }
  }

  finish(item: T, result: R): void {
    this.#of(item).resolve(result)
  }

  fail(item: T, error: unknown): void {
    this.#of(item).reject(error)
  }

  #of(item: T): PromiseWithResolvers<R> {
    const waiting = this.#waiting.get(item)
    if (waiting === undefined) throw new Error(`no work on ${String(item)} is under way`)
    return waiting
  }
}
