import type { ReceivedStatus, SentStatus } from './context-status.ts'

/**
 * Credit arithmetic of one direction of one stream; pure. Grants are cumulative (up to item n and byte m since the
 * stream began), so a grant that arrives twice, or late, is harmless.
 */

/** The most that may be outstanding: items sent and not yet consumed, and their weight. */
export interface CreditWindow {
  readonly count: number
  readonly bytes: number
}

/** 4096 items or 1 MiB, whichever is less. */
export const defaultWindow: CreditWindow = { count: 4096, bytes: 1024 * 1024 }

/** The sender's half: what was granted, what was used. */
export class CreditBalance {
  #grantedCount = 0
  #grantedBytes = 0
  #usedCount = 0
  #usedBytes = 0

  /** True if one more item may be sent. Its weight is not asked: the last item may go over the byte grant, by itself. */
  get available(): boolean {
    return this.#usedCount < this.#grantedCount && this.#usedBytes < this.#grantedBytes
  }

  /** How many more items may be sent, bytes permitting. */
  get remainingCount(): number {
    return this.#usedBytes < this.#grantedBytes ? this.#grantedCount - this.#usedCount : 0
  }

  /** How many more bytes; below zero after a last item that went over the grant. */
  get remainingBytes(): number {
    return this.#grantedBytes - this.#usedBytes
  }

  get usedCount(): number {
    return this.#usedCount
  }

  /** For a dump. */
  get status(): Omit<SentStatus, 'batchCount'> {
    return {
      count: this.#usedCount,
      bytes: this.#usedBytes,
      allowedCount: this.#grantedCount,
      allowedBytes: this.#grantedBytes,
    }
  }

  use(bytes: number): void {
    this.#usedCount += 1
    this.#usedBytes += bytes
  }

  /** Takes in a grant. A smaller one than before changes nothing. */
  grant(count: number, bytes: number): void {
    if (count > this.#grantedCount) this.#grantedCount = count
    if (bytes > this.#grantedBytes) this.#grantedBytes = bytes
  }
}

/**
 * So many consumed items are granted again at the latest, and told at once: a sender that may go on while its consumer is still at
 * work on what it has does not come to a stand, and nor does the consumer then. Half of a full batch.
 */
export const eagerCount = 512

/** The receiver's half: what was granted, what arrived, what was consumed, and when to grant again. */
export class CreditLedger {
  readonly #window: CreditWindow
  // With so many left, or fewer, a grant is due.
  readonly #dueCount: number
  #grantedCount: number
  #grantedBytes: number
  #receivedCount = 0
  #receivedBytes = 0
  #batchCount = 0
  #consumedCount = 0
  #consumedBytes = 0

  constructor(window: CreditWindow) {
    this.#window = window
    this.#dueCount = Math.max(window.count / 2, window.count - eagerCount)
    this.#grantedCount = window.count
    this.#grantedBytes = window.bytes
  }

  get grantedCount(): number {
    return this.#grantedCount
  }

  get grantedBytes(): number {
    return this.#grantedBytes
  }

  /** Items that arrived and were not consumed yet. */
  get bufferedCount(): number {
    return this.#receivedCount - this.#consumedCount
  }

  /** For a dump. */
  get status(): ReceivedStatus {
    return {
      count: this.#receivedCount,
      bytes: this.#receivedBytes,
      batchCount: this.#batchCount,
      waitingCount: this.#receivedCount - this.#consumedCount,
      waitingBytes: this.#receivedBytes - this.#consumedBytes,
      windowCount: this.#window.count,
      windowBytes: this.#window.bytes,
    }
  }

  /** Notes a batch that arrived; false if the peer had no credit for it. Its last item may go over the byte grant. */
  receive(count: number, bytes: number): boolean {
    const allowed = this.#receivedCount + count <= this.#grantedCount && this.#receivedBytes < this.#grantedBytes
    this.#receivedCount += count
    this.#receivedBytes += bytes
    this.#batchCount += 1
    return allowed
  }

  /** Notes what was consumed; true when a new grant is due, as half the window is used up, or `eagerCount` items of it. */
  consume(count: number, bytes: number): boolean {
    this.#consumedCount += count
    this.#consumedBytes += bytes
    return (
      this.#grantedCount - this.#consumedCount <= this.#dueCount ||
      this.#grantedBytes - this.#consumedBytes <= this.#window.bytes / 2
    )
  }

  /** Opens the window again from what was consumed so far. Returns how many items more are allowed then. */
  regrant(): number {
    const before = this.#grantedCount
    this.#grantedCount = this.#consumedCount + this.#window.count
    this.#grantedBytes = this.#consumedBytes + this.#window.bytes
    return this.#grantedCount - before
  }
}
