/** How an exporter answers to what it was given. */
export interface ExportResult {
  /** 0 where it was taken. */
  readonly code: number
  /** How many of it were not, all the same. */
  readonly rejectedCount?: number
  /** Why it was not taken, or not all of it. */
  readonly error?: Error
}

/** The answer of an exporter that has taken all of it. */
export const exported: ExportResult = { code: 0 }

/** An exporter of any kind, as the SDK has them. */
export interface Exporter<T> {
  export(given: T, done: (result: ExportResult) => void): void
  forceFlush?(): Promise<void>
  shutdown(): Promise<void>
}
