import type { Readable, Writable } from 'node:stream'

/** What a source, step or sink may know of the stage that it runs in; its last argument. */
export interface StageContext {
  /** The pipeline's name. */
  readonly pipeline: string
  /** The stage's name. */
  readonly name: string
  /** Which of the stage's actors this is: `index` from 0, below `count`. */
  readonly actor: { readonly index: number; readonly count: number }
  /** Aborts when the work must stop. A built-in source then ends; a built-in sink then fails with the signal's reason. */
  readonly signal: AbortSignal
  /** The absolute folder of the pipeline document. */
  readonly directory: string
  /**
   * Says that a source waits for what it reads (`input`), or a sink for what it writes to (`output`), and for what; the
   * wait is over when the result is called. Otherwise all the time of a source's waits counts as idle, and all the time in
   * a sink as busy. A wait or two a batch is what it is made for.
   */
  beginWait?(on: 'input' | 'output', what: string): () => void
  /** What the `stdin` source reads; `process.stdin` when absent. */
  readonly stdin?: Readable
  /** What the `stdout` sink writes to; when absent, the standard output of the program, which the stage has for it alone. */
  readonly stdout?: Writable
}
