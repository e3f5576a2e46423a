// As much as a kernel buffers for a socket: enough to keep both ends busy, little enough to stay in the cache.
const congestedBytes = 1024 * 1024
const drainedBytes = congestedBytes / 2
// What a piece weighs beside its bytes, so that many small ones count too.
const chunkBytes = 128

/** What one write counts for. */
export function unreadWeight(pieces: readonly Uint8Array[]): number {
  let weight = 0
  for (const { byteLength } of pieces) weight += byteLength + chunkBytes
  return weight
}

/** Counts what was written and not yet taken by the peer, for transports without a kernel that does it. */
export class UnreadBytes {
  #unread = 0
  #congested = false

  /** From about 1 MiB up, until the peer has taken half of it. */
  get congested(): boolean {
    return this.#congested
  }

  add(weight: number): void {
    this.#unread += weight
    if (this.#unread > congestedBytes) this.#congested = true
  }

  /** Takes off what the peer has read; true if that ends congestion. */
  subtract(weight: number): boolean {
    this.#unread -= weight
    if (!this.#congested || this.#unread > drainedBytes) return false
    this.#congested = false
    return true
  }
}
