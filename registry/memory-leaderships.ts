import type { Lease } from '../engine/index.ts'

interface Waiter {
  readonly take: (lease: Lease) => void
}

/** Who leads under which name, and who waits for that, in the memory of one actor. Those who came first have it first. */
export class MemoryLeaderships {
  readonly #queues = new Map<string, Waiter[]>()
  readonly #nextFence: () => number

  constructor(nextFence: () => number) {
    this.#nextFence = nextFence
  }

  /** Waits for its turn. Rejects when `signal` aborts. */
  lead(name: string, options: { readonly signal: AbortSignal }): Promise<Lease> {
    const { signal } = options
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        const queue = this.#queues.get(name)
        queue?.splice(queue.indexOf(waiter), 1)
        reject(signal.reason as Error)
      }
      const waiter: Waiter = {
        take: (lease) => {
          signal.removeEventListener('abort', giveUp)
          resolve(lease)
        },
      }
      const queue = this.#queues.get(name)
      if (queue === undefined) {
        this.#queues.set(name, [])
        return resolve(this.#leaseOn(name))
      }
      queue.push(waiter)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  #leaseOn(name: string): Lease {
    let held = true
    return {
      fence: this.#nextFence(),
      lost: new Promise(() => undefined),
      release: async () => {
        if (!held) return
        held = false
        const next = this.#queues.get(name)?.shift()
        if (next === undefined) this.#queues.delete(name)
        else next.take(this.#leaseOn(name))
      },
    }
  }
}
