import { exitCodes } from './exit-code.ts'

/** A command cannot do what it is for, and its message says all about it. Never leaves the command. */
export class CommandError extends Error {
  readonly exitCode: number

  /** By default the command line is what is wrong: nothing was started. */
  constructor(message: string, exitCode: number = exitCodes.wrong) {
    super(message)
    this.exitCode = exitCode
  }
}
