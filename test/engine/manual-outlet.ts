import type { Frame, YieldFrame } from '../../engine/frame.ts'
import { Kind } from '../../engine/frame.ts'
import { ItemUnpacker } from '../../engine/item-unpacker.ts'
import type { MessageSender, SenderOutlet } from '../../engine/message-sender.ts'

/** In place of a channel: sends only when the test says so, and notes how it was asked to. */
export class ManualOutlet implements SenderOutlet {
  readonly maxItemBytes: number
  readonly asked: string[] = []
  readonly frames: Frame[] = []
  /** Sends at once when asked to send now, as a channel does that is not congested. */
  eager = false
  readonly #ready = new Set<MessageSender>()
  readonly #unpackers = new Map<number, ItemUnpacker>()

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
    const taken: Frame[] = []
    while (this.#ready.size > 0) {
      const senders = [...this.#ready]
      this.#ready.clear()
      for (const sender of senders) sender.take(taken)
    }
    const frames = taken.map((frame) => this.#asReceived(frame))
    this.frames.push(...frames)
    return frames
  }

  #asReceived(frame: Frame): Frame {
    if (frame[0] !== Kind.yield || Array.isArray(frame[2])) return frame
    const [kind, id, run, ...rest] = frame
    const unpacker = this.#unpackers.get(id) ?? new ItemUnpacker({ maxFrameBytes: 16 * 1024 * 1024 })
    this.#unpackers.set(id, unpacker)
    return [kind, id, unpacker.unpack(run), ...rest]
  }

  /** The items of all flushes so far, in order. */
  get items(): unknown[] {
    return this.yields.flatMap((frame) => frame[2])
  }

  get yields(): YieldFrame[] {
    return this.frames.filter((frame): frame is YieldFrame => frame[0] === Kind.yield)
  }
}
