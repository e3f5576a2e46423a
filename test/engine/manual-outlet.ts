import type { Frame, YieldFrame } from '../../engine/frame.ts'
import { Kind } from '../../engine/frame.ts'
import type { MessageSender, SenderOutlet } from '../../engine/message-sender.ts'

/** In place of a channel: sends only when the test says so, and notes how it was asked to. */
export class ManualOutlet implements SenderOutlet {
  readonly maxItemBytes: number
  readonly asked: string[] = []
  readonly frames: Frame[] = []
  /** Sends at once when asked to send now, as a channel does that is not congested. */
  eager = false
  readonly #ready = new Set<MessageSender>()

  constructor(options: { maxItemBytes?: number } = {}) {
    this.maxItemBytes = options.maxItemBytes ?? 16 * 1024 * 1024
  }

  ready(sender: MessageSender, when: 'soon' | 'now' | 'next'): void {
    this.asked.push(when)
    this.#ready.add(sender)
    if (this.eager && when === 'now') this.flush()
  }

  /** Sends all there is; gives the frames of this flush. */
  flush(): Frame[] {
    const frames: Frame[] = []
    while (this.#ready.size > 0) {
      const senders = [...this.#ready]
      this.#ready.clear()
      for (const sender of senders) sender.take(frames)
    }
    this.frames.push(...frames)
    return frames
  }

  /** The items of all flushes so far, in order. */
  get items(): unknown[] {
    return this.yields.flatMap((frame) => frame[2])
  }

  get yields(): YieldFrame[] {
    return this.frames.filter((frame): frame is YieldFrame => frame[0] === Kind.yield)
  }
}
