/** What a handler gives for an item that puts nothing out. */
export const nothing: unique symbol = Symbol('nothing')

/** What a handler gives for an item that puts out any number of items. */
export class Several<Out> {
  readonly items: Iterable<Out> | AsyncIterable<Out>
  constructor(items: Iterable<Out> | AsyncIterable<Out>) {
    this.items = items
  }
}

/** What one input item puts out. */
export type Output<Out> = Out | Several<Out> | typeof nothing

/** One run of an item-wise operator: what it does with items, apart from pulling, ordering and closing, which `itemWise` adds. */
export interface ItemHandler<In, Out> {
  /** Takes the next item. It is not called again before a promise that it gave has settled. */
  item(item: In): Output<Out> | Promise<Output<Out>>
  /** What is put out after the last item. */
  end?(): Iterable<Out>
  /** Whether it has had enough: what the last item put out is still handed out, then the input is closed. */
  isFull?(): boolean
}

/**
 * Uses a value at once when it is there, or when it arrives if it is a promise. A plain value costs no turn of the microtask queue,
 * which `await` would take for it.
 */
export function whenReady<T, R>(value: T | Promise<T>, use: (value: T) => R): R | Promise<Awaited<R>> {
  return value instanceof Promise ? (value.then(use) as Promise<Awaited<R>>) : use(value)
}
