// The `flow` command. Only what reads the command line is loaded at once: `flow --help` needs no engine.
import { readFileSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { inspect } from 'node:util'
import type { Plan } from '../plan.ts'
import type { ActorOptions } from './actor-command.ts'
import type { CallCommandOptions, CallTarget } from './call-command.ts'
import type { CheckOptions } from './check-command.ts'
import { type CommandActions, runCommandLine } from './command-line.ts'
import type { DumpHost, DumpOptions } from './dump-command.ts'
import { exitCodes, type InterruptSignal, signalExitCodes } from './exit-code.ts'
import type { GraphOptions } from './graph-command.ts'
import type { LogOptions } from './log-command.ts'
import { survivePipeErrors } from './output-errors.ts'
import type { PsOptions } from './ps-command.ts'
import type { RunHost, RunOptions } from './run-command.ts'
import type { StopOptions } from './stop-command.ts'
import type { TopOptions } from './top-command.ts'
import type { TraceOptions } from './trace-command.ts'
import { traceNotes, watchSpans } from './trace-notes.ts'
import type { VisitHost } from './visit.ts'

/** How long a reader of what was written has, once a signal has ended the command. */
const slowReaderMs = 1_000

const actions: CommandActions = { run, check, trace, graph, top, dump, actor, ps, call, stream, stop, log }

survivePipeErrors(process.stdout, (error) => {
  process.stderr.write(`flow: stdout: ${error.message}\n`)
  process.exit(exitCodes.failed)
})
survivePipeErrors(process.stderr, () => {})
process.on('uncaughtException', endWithBug)
try {
  // The process ends by itself when all is written: an exit here would cut off what a slow reader has not taken yet.
  process.exitCode = await runCommandLine(process.argv.slice(2), readVersion(), actions, process)
} catch (error) {
  endWithBug(error)
}

async function run(file: string, options: RunOptions): Promise<number> {
  const { runCommand } = await import('./run-command.ts')
  void tidyUp()
  const spans = watchSpans()
  const host: RunHost = {
    stderr: process.stderr,
    environment: process.env,
    check: checkFile,
    attachments: async (options) => {
      const { attachmentsFor } = await import('./attachments.ts')
      return attachmentsFor(options)
    },
    traceNotes: (pipeline, options) => traceNotes(pipeline, options, { environment: process.env, spans }),
    open: async (plan, openOptions) => {
      const { openPipeline } = await import('../index.ts')
      return openPipeline(plan, openOptions)
    },
    onSignal: listenToSignals,
    exit: (code) => process.exit(code),
  }
  return runCommand(file, options, host)
}

async function check(file: string, options: CheckOptions): Promise<number> {
  const { checkCommand } = await import('./check-command.ts')
  return checkCommand(file, options, process)
}

async function graph(file: string, options: GraphOptions): Promise<number> {
  const { graphCommand } = await import('./graph-command.ts')
  return await graphCommand(file, options, {
    ...(await visitHost()),
    stdout: process.stdout,
    check: checkFile,
    findSockets,
  })
}

async function checkFile(file: string): Promise<Plan> {
  const { checkDocument } = await import('./check-document.ts')
  return await checkDocument(file)
}

async function dump(target: string | undefined, options: DumpOptions): Promise<number> {
  const [{ dumpCommand }, { dumpAt, findRootSockets }] = await Promise.all([
    import('./dump-command.ts'),
    import('../../engine/index.ts'),
  ])
  const { stdout, stderr } = process
  const host: DumpHost = { stdout, stderr, findSockets: findRootSockets, dumpAt }
  return dumpCommand(target, options, host)
}

async function trace(file: string, item: string | undefined, options: TraceOptions): Promise<number> {
  const { traceCommand } = await import('./trace-command.ts')
  return traceCommand(file, item, options, process)
}

async function actor(module: string, options: ActorOptions): Promise<number> {
  const [{ actorCommand }, { refuseOtherCopy }, { importDefinition }, { openRoot }] = await Promise.all([
    import('./actor-command.ts'),
    import('./refuse-other-copy.ts'),
    import('../../engine/index.ts'),
    import('../../registry/index.ts'),
  ])
  void tidyUp()
  return await actorCommand(module, options, {
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    exists: access,
    importDefinition: async (url, exportName) => {
      refuseOtherCopy(url)
      return await importDefinition(url, exportName)
    },
    openRoot: async (rootOptions) => {
      const root = await openRoot({ ...rootOptions, signals: false })
      process.title = `flow ${root.actor.name}`
      return root
    },
    onSignal: listenToSignals,
    onUncaught: listenToUncaught,
    exit: (code) => process.exit(code),
  })
}

async function ps(options: PsOptions): Promise<number> {
  const { psCommand } = await import('./ps-command.ts')
  return await psCommand(options, { ...(await visitHost()), stdout: process.stdout, now: Date.now })
}

async function call(target: CallTarget, options: CallCommandOptions): Promise<number> {
  const { callCommand } = await import('./call-command.ts')
  return await callCommand(target, options, { ...(await visitHost()), stdout: process.stdout })
}

async function stream(target: CallTarget, options: CallCommandOptions): Promise<number> {
  const { streamCommand } = await import('./call-command.ts')
  return await streamCommand(target, options, { ...(await visitHost()), stdout: process.stdout })
}

async function stop(who: string, options: StopOptions): Promise<number> {
  const { stopCommand } = await import('./stop-command.ts')
  return await stopCommand(who, options, { ...(await visitHost()), stdout: process.stdout })
}

async function log(options: LogOptions): Promise<number> {
  const { logCommand } = await import('./log-command.ts')
  return await logCommand(options, { ...(await visitHost()), stdout: process.stdout, now: Date.now })
}

async function top(pipeline: string | undefined, options: TopOptions): Promise<number> {
  const { topCommand } = await import('./top-command.ts')
  return await topCommand(pipeline, options, {
    ...(await visitHost()),
    stdin: process.stdin,
    stdout: process.stdout,
    findSockets,
    now: Date.now,
    suspend: () => void process.kill(process.pid, 'SIGSTOP'),
  })
}

async function findSockets(): Promise<readonly string[]> {
  const { findRootSockets } = await import('../../engine/index.ts')
  return await findRootSockets()
}

async function visitHost(): Promise<VisitHost> {
  const { openGuest } = await import('./guest.ts')
  void tidyUp()
  return {
    stderr: process.stderr,
    environment: process.env,
    join: openGuest,
    onSignal: listenToSignals,
    exit: (code) => process.exit(code),
    exitSoon: (code) => void setTimeout(() => process.exit(code), slowReaderMs).unref(),
  }
}

/** Those who were killed could not tidy up after themselves. */
async function tidyUp(): Promise<void> {
  const { removeStaleRunDirectories } = await import('../../engine/index.ts')
  await removeStaleRunDirectories()
}

/** In the place of what is done about an error of our own. */
function listenToUncaught(listener: (error: unknown) => void): Disposable {
  process.off('uncaughtException', endWithBug)
  process.on('uncaughtException', listener)
  return {
    [Symbol.dispose]: () => {
      process.off('uncaughtException', listener)
      process.on('uncaughtException', endWithBug)
    },
  }
}

function listenToSignals(listener: (signal: InterruptSignal) => void): Disposable {
  const names = Object.keys(signalExitCodes) as InterruptSignal[]
  for (const name of names) process.on(name, listener)
  return {
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listener)
    },
  }
}

function readVersion(): string {
  // Beside the sources in a clone, one folder further up from dist/.
  const manifest = findPackageJSON('..', import.meta.url)
  if (manifest === undefined) return 'unknown'
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

function endWithBug(error: unknown): never {
  process.stderr.write(`flow: this should not have happened: ${inspect(error)}\n`)
  process.exit(exitCodes.bug)
}
