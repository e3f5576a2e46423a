// The `flow` command. Only what reads the command line is loaded at once: `flow --help` needs no engine.
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { inspect } from 'node:util'
import type { CheckOptions } from './check-command.ts'
import { runCommandLine } from './command-line.ts'
import type { DumpHost, DumpOptions } from './dump-command.ts'
import { exitCodes, type InterruptSignal, signalExitCodes } from './exit-code.ts'
import { survivePipeErrors } from './output-errors.ts'
import type { RunHost, RunOptions } from './run-command.ts'

survivePipeErrors(process.stdout, (error) => {
  process.stderr.write(`flow: stdout: ${error.message}\n`)
  process.exit(exitCodes.failed)
})
survivePipeErrors(process.stderr, () => {})
process.on('uncaughtException', endWithBug)
try {
  // The process ends by itself when all is written: an exit here would cut off what a slow reader has not taken yet.
  process.exitCode = await runCommandLine(process.argv.slice(2), readVersion(), { run, check, dump }, process)
} catch (error) {
  endWithBug(error)
}

async function run(file: string, options: RunOptions): Promise<number> {
  const { runCommand } = await import('./run-command.ts')
  const host: RunHost = {
    stderr: process.stderr,
    check: async (file) => {
      const { checkDocument } = await import('./check-document.ts')
      return checkDocument(file)
    },
    attachments: async (plan, { trace, traceRatio }) => {
      if (trace === undefined) return []
      const { tracing } = await import('../../observability/index.ts')
      const ratio = traceRatio === undefined ? {} : { ratio: traceRatio }
      return [tracing({ exporter: trace, pipeline: plan.name, ...ratio })]
    },
    open: async (plan, attach) => {
      const { openPipeline } = await import('../index.ts')
      return openPipeline(plan, { attach })
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

async function dump(target: string | undefined, options: DumpOptions): Promise<number> {
  const [{ dumpCommand }, { dumpAt, findRootSockets }] = await Promise.all([
    import('./dump-command.ts'),
    import('../../engine/index.ts'),
  ])
  const { stdout, stderr } = process
  const host: DumpHost = { stdout, stderr, findSockets: findRootSockets, dumpAt }
  return dumpCommand(target, options, host)
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
