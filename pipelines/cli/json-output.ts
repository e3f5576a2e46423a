import { describeActor } from '../../engine/index.ts'
import type { StageError } from '../errors.ts'
import { failureRecord } from '../failure-record.ts'
import { toJsonLine } from './json-line.ts'
import type { TextOutput } from './terminal.ts'

/** Where a command reports what it does. */
export interface ReportOutput extends TextOutput {
  /** The same for what went wrong, where that makes a difference. */
  writeError?(text: string): unknown
  /** The failure of a stage of that pipeline, where that is more than its text. */
  writeFailure?(error: StageError, pipeline: string): unknown
}

/** An output on which all that the command says is an entry of the log, as JSON: whoever reads that reads all of it. */
export function createJsonOutput(stderr: Pick<TextOutput, 'write'>): ReportOutput {
  const write = (level: 'info' | 'error', text: string): void => {
    const msg = text.replace(/\n+$/, '')
    const entry = { level, time: new Date().toISOString(), pid: process.pid, actor: 'flow', msg }
    if (msg !== '') stderr.write(`${JSON.stringify(entry)}\n`)
  }
  const writeFailure = (error: StageError, pipeline: string): void => {
    const { actor, msg, fields } = failureRecord(error)
    const who =
      actor === undefined ? { actor: 'flow', stage: error.stage, pipeline } : describeActor({ ...actor, pipeline })
    const entry = { level: 'error', time: new Date().toISOString(), pid: process.pid, ...who, ...fields, msg }
    stderr.write(toJsonLine(entry))
  }
  return {
    writeFailure,
    write: (text) => write('info', text),
    writeError: (text) => write('error', text),
    on: () => undefined,
    off: () => undefined,
  }
}
