import { type AttachedModule, FlowError } from '../../engine/index.ts'
import type { MetricsExporter } from '../../observability/index.ts'
import { PipelineSpecError, StageError } from '../errors.ts'
import type { OpenPipelineOptions } from '../open-pipeline.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Plan } from '../plan.ts'
import { edgesOf } from '../stage-edges.ts'
import type { PipelineStatistics } from '../statistics.ts'
import { CommandError } from './command-error.ts'
import { exitCodes, type InterruptSignal } from './exit-code.ts'
import { reportFailure } from './failure-report.ts'
import { createInterrupt, type Interrupt } from './interrupt.ts'
import type { ReportOutput } from './json-output.ts'
import type { LogOptions } from './log-options.ts'
import { checkLogStages, type Logging, refuseLogging, resolveLogging } from './log-settings.ts'
import { printableLine } from './printable.ts'
import { renderProblems } from './problem-report.ts'
import { describeRefusal, refusalExitCode } from './refusal.ts'
import { defaultStallAfterMs } from './stall-watch.ts'
import { type Ending, renderSummary } from './summary.ts'
import { paint } from './terminal.ts'
import { readTlsFiles, type TlsFiles } from './tls-files.ts'
import { openView, type ViewName } from './view.ts'

/** The options of `flow run`. */
export interface RunOptions extends LogOptions, TlsFiles {
  readonly trace?: 'console' | 'otlp'
  /** A file to keep the spans in. */
  readonly recordTraces?: string
  readonly traceRatio?: number
  readonly traceErrors?: boolean
  /** Where the traces can be looked at, for the link that is printed. */
  readonly traceUi?: string
  /** Where the logs go beside stderr. */
  readonly logs?: 'otlp'
  readonly metrics?: MetricsExporter
  /** After how long without progress it is stalled, and not ready, in milliseconds. */
  readonly stallAfter?: number
  readonly view: ViewName
  /** Where its actors are registered; by default `FLOW_REGISTRY`, else in the run itself. */
  readonly registry?: string
}

/** What `flow run` needs of the process that it runs in, and of the layers below. */
export interface RunHost {
  readonly stderr: ReportOutput
  readonly environment: Readonly<Record<string, string | undefined>>
  check(file: string): Promise<Plan>
  /** The modules that the options want in every actor. Throws `CommandError` for options that cannot be followed. */
  attachments(options: RunOptions): Promise<AttachedModule[]>
  /** Lines for after the summary: where the traces of the run are to be seen. */
  traceNotes(pipeline: Pipeline, options: RunOptions): readonly string[]
  open(plan: Plan, options: Pick<OpenPipelineOptions, 'attach' | 'log' | 'registry' | 'tls'>): Promise<Pipeline>
  /** Calls the listener at each signal, until the result is disposed. */
  onSignal(listener: (signal: InterruptSignal) => void): Disposable
  /** Ends the process at once. */
  exit(code: number): void
}

/** A pipeline that runs, and what it was made of. */
interface Run {
  readonly pipeline: Pipeline
  readonly plan: Plan
}

/** How long after a kill the end of the run is waited for. What was killed is gone at once; this is for what was not. */
const killedGraceMs = 2_000

type Outcome =
  | { readonly kind: 'done'; readonly statistics: PipelineStatistics }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'abandoned' }

/**
 * `flow run`: checks a document, runs it, shows it on stderr, and ends it on signals. Resolves to the exit code when all of
 * it is over. Rejects only with what nobody expected.
 */
export async function runCommand(file: string, options: RunOptions, processHost: RunHost): Promise<number> {
  let logging: Logging<RunHost>
  try {
    logging = resolveLogging(options, processHost)
  } catch (error) {
    return refuseLogging(error, processHost)
  }
  const { host, settings } = logging
  const plan = await tryCheck(file, options, host)
  if (plan === undefined) return exitCodes.wrong
  const interrupt = createInterrupt({
    // After a ctrl-c, the terminal has `^C` on the line: it is written over.
    say: (line) => host.stderr.write(`${host.stderr.isTTY === true ? '\r\x1b[K' : ''}${line}\n`),
    stopFailed: (error) => {
      // What the run itself ends with comes from its result.
      if (FlowError.is(error) && error.code === 'FLOW_DRAIN_TIMEOUT') writeFailure(error, plan, host)
    },
    exit: (code) => host.exit(code),
  })
  using _signals = host.onSignal((signal) => interrupt.signal(signal))
  let pipeline: Pipeline
  try {
    const { registry } = options
    const attach = await host.attachments(options)
    const tls = await readTlsFiles(options)
    pipeline = await host.open(plan, { attach, log: settings, ...tls, ...(registry !== undefined && { registry }) })
  } catch (error) {
    return failedToStart(error, plan, interrupt, host)
  }
  // Not `await using`: after a kill, nothing may be waited for without end.
  const outcome = await follow({ pipeline, plan }, options, interrupt, host)
  if (outcome.kind !== 'abandoned') await pipeline[Symbol.asyncDispose]()
  return finish({ pipeline, plan }, outcome, interrupt, host, host.traceNotes(pipeline, options))
}

async function tryCheck(file: string, options: RunOptions, host: RunHost): Promise<Plan | undefined> {
  try {
    const plan = await host.check(file)
    checkLogStages(options, plan)
    return plan
  } catch (error) {
    if (error instanceof CommandError) writeError(`flow: ${error.message}\n`, host)
    else if (error instanceof PipelineSpecError) writeError(renderProblems(error.problems), host)
    else throw error
    return undefined
  }
}

function failedToStart(error: unknown, plan: Plan, interrupt: Interrupt, host: RunHost): number {
  if (error instanceof PipelineSpecError) {
    writeError(renderProblems(error.problems), host)
    return exitCodes.wrong
  }
  if (error instanceof CommandError) {
    writeError(`flow: ${printableLine(error.message)}\n`, host)
    return error.exitCode
  }
  if (!isExpected(error)) throw error
  // A ctrl-c goes to all processes of the terminal; that one of them did not come up then is no news.
  if (interrupt.exitCode !== undefined) return interrupt.exitCode
  writeFailure(error, plan, host)
  return isRefusal(error) ? refusalExitCode(error) : exitCodes.failed
}

async function follow(run: Run, options: RunOptions, interrupt: Interrupt, host: RunHost): Promise<Outcome> {
  const { pipeline, plan } = run
  using _view = openView(options.view, host.stderr, {
    statistics: () => pipeline.statistics(),
    edges: edgesOf(plan),
    stallAfterMs: options.stallAfter ?? defaultStallAfterMs,
  })
  const result = pipeline.result.then(
    (statistics): Outcome => ({ kind: 'done', statistics }),
    (error: unknown): Outcome => ({ kind: 'failed', error }),
  )
  interrupt.attach(pipeline)
  let timer: NodeJS.Timeout | undefined
  const abandoned = interrupt.killed.then(
    () => new Promise<Outcome>((resolve) => (timer = setTimeout(() => resolve({ kind: 'abandoned' }), killedGraceMs))),
  )
  try {
    return await Promise.race([result, abandoned])
  } finally {
    clearTimeout(timer)
  }
}

function finish(
  { pipeline, plan }: Run,
  outcome: Outcome,
  interrupt: Interrupt,
  host: RunHost,
  notes: readonly string[],
): number {
  const { step, exitCode } = interrupt
  const isFailure =
    outcome.kind === 'failed' && step !== 'kill' && !(step === 'cancel' && isCancellation(outcome.error))
  if (isFailure) {
    if (!isExpected(outcome.error)) throw outcome.error
    writeFailure(outcome.error, plan, host)
  }
  const statistics = outcome.kind === 'done' ? outcome.statistics : pipeline.statistics()
  // A stage that fails while the others drain has failed; one that fails while it is cancelled was cancelled all the same.
  const hasFailed = isFailure && (step === 'none' || step === 'drain')
  host.stderr.write(renderSummary(statistics, hasFailed ? 'failed' : endings[step], edgesOf(plan)))
  for (const note of notes) host.stderr.write(`${printableLine(note)}\n`)
  const code = hasFailed ? exitCodes.failed : (exitCode ?? exitCodes.done)
  if (outcome.kind === 'abandoned') host.exit(code)
  return code
}

function writeFailure(error: unknown, plan: Plan, host: RunHost): void {
  if (error instanceof StageError && host.stderr.writeFailure !== undefined) {
    host.stderr.writeFailure(error, plan.name)
    return
  }
  if (isRefusal(error)) return writeError(`flow: ${printableLine(describeRefusal(error))}\n`, host)
  const [heading = '', ...rest] = reportFailure(error).split('\n')
  writeError([paint(heading, 'bad', host.stderr), ...rest].join('\n'), host)
}

function writeError(text: string, { stderr }: RunHost): void {
  if (stderr.writeError === undefined) stderr.write(text)
  else stderr.writeError(text)
}

const endings: Readonly<Record<Interrupt['step'], Ending>> = {
  none: 'done',
  drain: 'drained',
  cancel: 'cancelled',
  kill: 'killed',
}

function isCancellation(error: unknown): boolean {
  return FlowError.is(error) && error.code === 'FLOW_CONTEXT_CANCELLED'
}

/** True where the message says all: no code of a stage's is to blame, of which a reader wants the place and the stack. */
function isRefusal(error: unknown): error is FlowError {
  return FlowError.is(error) && !(error instanceof StageError) && error.code !== 'FLOW_REMOTE'
}

/** True for what can go wrong without a bug of ours. */
function isExpected(error: unknown): boolean {
  return FlowError.is(error) || (error instanceof AggregateError && error.errors.some(isExpected))
}
