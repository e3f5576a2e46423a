/** How `flow` ends, for the shell. */
export const exitCodes = {
  done: 0,
  /** A stage failed, or the pipeline did not come up; a program that was asked for a dump did not answer. */
  failed: 1,
  /** The document or the command line is wrong; nothing was started. */
  wrong: 2,
  /** A bug of ours: `EX_SOFTWARE` of sysexits.h. */
  bug: 70,
} as const

/** The signals that ask a run to end. */
export type InterruptSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** The exit code of a run that a signal ended: 128 and the signal's number, as shells have it. */
export const signalExitCodes: Readonly<Record<InterruptSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }
