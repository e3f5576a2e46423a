import { DuplexStream } from '../../engine/duplex-stream.ts'
import type { Interceptor } from '../../engine/interceptor.ts'
import { MessageReceiver } from '../../engine/message-receiver.ts'
import { runInScope, Scope } from '../../engine/scope.ts'
import type { Subscription } from '../../engine/subscription.ts'
import { hop } from './hop.ts'

/** A stream whose items arrive when the test says so, and what became of it. */
export interface SharedStream {
  readonly stream: DuplexStream<number, never>
  readonly receiver: MessageReceiver<number>
  /** Why it was left, each time. */
  readonly left: (string | undefined)[]
  /** How many items its consumers allow so far. */
  readonly grantedCount: number
  /** So many items arrive, each in a batch of its own or all in one; they are numbered. */
  arrive(count: number, batched?: 'batched'): void
}

export interface SharedStreamOptions {
  /** `call` is a stream that ends when it is left; one inside a `context` goes on. */
  readonly of?: 'call' | 'context'
  readonly windowCount?: number
  readonly tracer?: Interceptor
  /** What leaving it waits for. */
  readonly leaving?: Promise<void>
}

export function openSharedStream(options: SharedStreamOptions = {}): SharedStream {
  const { of = 'call', windowCount = 1_000_000, tracer, leaving } = options
  const left: (string | undefined)[] = []
  let grantedCount = windowCount
  let arrivedCount = 0
  let joined: Promise<void> | undefined
  const leave = (reason?: Error): Promise<void> => {
    if (of === 'context') return Promise.resolve()
    if (joined === undefined) {
      left.push(reason?.message)
      receiver.discard()
    }
    joined ??= leaving ?? Promise.resolve()
    return joined
  }
  const inlet = { grant: (count: number) => void (grantedCount = count), interrupted: leave }
  const receiver = new MessageReceiver<number>(inlet, { count: windowCount, bytes: 1_000_000 }, hop, tracer)
  const owner = { leave: () => leave(), stop: () => leave() }
  const stream = new DuplexStream<number, never>(
    receiver,
    () => {
      throw new Error('nothing is sent here')
    },
    of === 'call' ? { ...owner, open: () => undefined } : owner,
  )
  return {
    stream,
    receiver,
    left,
    get grantedCount() {
      return grantedCount
    },
    arrive(count, batched) {
      const items = Array.from({ length: count }, (_, n) => arrivedCount + n)
      arrivedCount += count
      for (const batch of batched === undefined ? items.map((item) => [item]) : [items]) {
        receiver.push(batch, batch.length, undefined)
      }
    },
  }
}

/** The next so many items. */
export async function take<T>(iterator: AsyncIterator<T, undefined>, count: number): Promise<T[]> {
  const items: T[] = []
  while (items.length < count) {
    const next = await iterator.next()
    if (next.done === true) break
    items.push(next.value)
  }
  return items
}

/** A subscriber in a task of its own. */
export interface Task {
  readonly subscription: Subscription<number>
  readonly scope: Scope
  next(): Promise<IteratorResult<number, undefined>>
}

export function taskOf(subscription: Subscription<number>): Task {
  const scope = new Scope(undefined)
  return { subscription, scope, next: () => runInScope(scope, () => subscription.next()) }
}

/** Lets everything go on that can, past a pause for the event loop too. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 2; turns += 1) await new Promise((resolve) => setImmediate(resolve))
}
