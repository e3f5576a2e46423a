/** How an exporter answers to what it was given. */
export interface ExportResult {
  /** 0 where it was taken. */
  readonly code: number
  readonly error?: Error
}

/** The answer of an exporter that has taken all of it. */
export const exported: ExportResult = { code: 0 }
