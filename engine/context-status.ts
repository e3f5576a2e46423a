/** What is to be known of an open context from outside. It is made only for a dump. */
export interface ContextStatus {
  readonly functionName: string
  /** '' for a function of the user's, else the service of the engine's own that it belongs to. */
  readonly service: string
  readonly side: 'caller' | 'callee'
  /** What it waits for at the moment, as the rest of a sentence that begins with "waits for". */
  readonly waitsFor: string
  /** Undefined where nothing is sent in this direction. */
  readonly sent?: SentStatus
  readonly received?: ReceivedStatus
}

/** The items that went out, and how many the receiver allows; all counted from the beginning of the stream. */
export interface SentStatus {
  readonly count: number
  readonly bytes: number
  readonly batchCount: number
  readonly allowedCount: number
  readonly allowedBytes: number
}

/** The items that came in, and those of them that nobody has taken yet; the window is the most of these. */
export interface ReceivedStatus {
  readonly count: number
  readonly bytes: number
  readonly batchCount: number
  readonly waitingCount: number
  readonly waitingBytes: number
  readonly windowCount: number
  readonly windowBytes: number
}
