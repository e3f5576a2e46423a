/**
 * What the engine needs of a way to move bytes. A connection is a duplex of bytes in order; it ends once, and says so.
 */

/** One end of an open connection. Its owner is the channel that is made on it. */
export interface Connection {
  /** Where it leads, for error messages. */
  readonly label: string
  /** True where the peer is in the same event loop: it cannot freeze or die alone, so no heartbeat is needed. */
  readonly sameThread?: boolean
  /** True where the memory of a chunk is the receiver's for good; else it may be overwritten once `onBytes` has returned. */
  readonly givesChunks?: boolean
  /** True while the peer (or the kernel) takes no more for now; ask at the moment of use, then wait for `onDrain`. */
  readonly congested: boolean
  /** Writes the parts in order, as one write where the transport can. They must not be changed afterwards. */
  write(parts: readonly Uint8Array[]): void
  /** Starts delivery. Called once, by the owner. */
  start(events: ConnectionEvents): void
  /** Sends what is written, then ends this side. */
  end(): void
  /** Ends it now, dropping what is not sent. */
  destroy(): void
  /** Whether the connection keeps the process alive. */
  keepAlive(keep: boolean): void
}

export interface ConnectionEvents {
  /** `attached` are the parts of one write beside its first, from transports that keep them apart; their memory is the receiver's. */
  onBytes(chunk: Uint8Array, attached?: readonly Uint8Array[]): void
  /** Congestion is over. */
  onDrain(): void
  /** The connection is gone, with the error that broke it if one did. Called exactly once. */
  onClose(error: Error | undefined): void
}

/** Takes in connections at an address until it is closed. It does not keep the process alive. */
export interface Listener {
  /** Where it can be dialled: as it was asked for, with the port that a port 0 became. */
  readonly address: string
  /** Takes no more. The connections that it took are their owners', and stay open. */
  close(): Promise<void>
}

/** One way to reach an actor: `unix:/path`, `tcp://host:port`, …; the scheme is the part before the colon. */
export interface Transport {
  readonly scheme: string
  /** Throws `UsageError` for an address that cannot be, or that is taken. */
  listen(address: string, onConnection: (connection: Connection) => void): Promise<Listener>
  /**
   * Opens a connection. `signal` gives up at once, with its reason. Throws `UsageError` for an address that cannot be, and
   * the system's error (ECONNREFUSED, ENOENT, ...) when nobody answers.
   */
  dial(address: string, options?: { signal?: AbortSignal }): Promise<Connection>
}
