import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type Capabilities,
  ContextCancelledError,
  type Definition,
  FlowError,
  type Functions,
  type LogSettings,
  type Root,
} from '../../engine/index.ts'
import type { RunOptions } from '../../registry/index.ts'
import { fileErrorReason } from '../file-error.ts'
import { CommandError } from './command-error.ts'
import { exitCodes, type InterruptSignal, signalExitCodes } from './exit-code.ts'
import { reportFailure } from './failure-report.ts'
import type { LogOptions } from './log-options.ts'
import { type Logging, refuseLogging, resolveLogging } from './log-settings.ts'
import { printableLine } from './printable.ts'
import { refusalExitCode } from './refusal.ts'
import { readTlsFiles, type TlsFiles } from './tls-files.ts'

/** The options of `flow actor`. */
export interface ActorOptions extends TlsFiles, LogOptions {
  readonly name?: string
  readonly listen?: readonly string[]
  readonly advertise?: readonly string[]
  readonly registry?: string
  readonly unique?: boolean
  readonly capability?: Capabilities
}

/** What `flow actor` needs of its surroundings. */
export interface ActorHost {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  readonly environment: Readonly<Record<string, string | undefined>>
  exists(path: string): Promise<unknown>
  /** Imports a module and gives its definition of that name, or the one that it has. */
  importDefinition(url: string, exportName?: string): Promise<Definition<Functions>>
  openRoot(options: RunOptions): Promise<Root>
  onSignal(listener: (signal: InterruptSignal) => void): Disposable
  /** Calls the listener when code of the actor's throws where nobody catches it. */
  onUncaught(listener: (error: unknown) => void): Disposable
  /** Ends the process at once. */
  exit(code: number): void
}

/**
 * `flow actor`: makes this process a standing actor of the definition that a module exports (`film.ts`, `film.ts#name`). Says
 * on stdout when it can be called, and lives until it is asked to leave. Resolves to the exit code: 0 if another asked it, 1 if
 * it could not start, crashed or lost its name, 2 if there is no such actor to start, and that of the signal.
 */
export async function actorCommand(module: string, options: ActorOptions, processHost: ActorHost): Promise<number> {
  let logging: Logging<ActorHost>
  try {
    logging = resolveLogging(options, processHost)
  } catch (error) {
    return refuseLogging(error, processHost)
  }
  const { host, settings } = logging
  let interruptCode: number | undefined
  let crashed: { readonly error: unknown } | undefined
  let root: Root | undefined
  const close = (): void => {
    // What fails in that, `ended` is not told: it has ended all the same.
    root?.close().catch((error: unknown) => host.stderr.write(reportFailure(error)))
  }
  using _uncaught = host.onUncaught((error) => {
    crashed ??= { error }
    close()
  })
  using _signals = host.onSignal((signal) => {
    // Before it has come up there is nobody whom it would leave.
    if (interruptCode !== undefined || root === undefined) return host.exit(signalExitCodes[signal])
    interruptCode = signalExitCodes[signal]
    close()
  })
  const [, file = module, exportName] = /^(.+?)(?:#(.*))?$/s.exec(module) ?? []
  let definition: Definition<Functions>
  try {
    definition = await load(file, exportName, host)
    root = await open(file, definition, { options, log: settings, host })
  } catch (error) {
    if (error instanceof CommandError) return complain(error.message, error.exitCode, host)
    if (!FlowError.is(error)) throw error
    return complain(error.message, refusalExitCode(error), host)
  }
  const { name, id } = root.actor
  const who = `${printableLine(name)} (${id})`
  const registry = options.registry ?? host.environment['FLOW_REGISTRY'] ?? 'embedded'
  if (registry === 'embedded' || options.listen?.includes(registry)) {
    host.stderr.write(`flow: it holds the registry itself: --registry ${printableLine(root.addresses[0] ?? '')}\n`)
  }
  // Last: whoever waits for it has then been told all.
  host.stdout.write(`${who} listens at ${printableLine(root.addresses.join(' '))}\n`)
  if (crashed !== undefined) close()
  // To listen alone does not keep a process alive.
  const alive = setInterval(() => {}, 2 ** 30)
  const why = await root.ended.finally(() => clearInterval(alive))
  if (crashed !== undefined) {
    host.stderr.write(`flow: ${who} crashed\n${reportFailure(crashed.error)}`)
    return exitCodes.failed
  }
  if (interruptCode !== undefined) return interruptCode
  if (!(why instanceof ContextCancelledError)) return complain(`${name} ends: ${why.message}`, exitCodes.failed, host)
  const { canceller, reason } = why
  return complain(`${name} was asked to leave by ${canceller.name} (${canceller.id}): ${reason}`, exitCodes.done, host)
}

async function load(file: string, exportName: string | undefined, host: ActorHost): Promise<Definition<Functions>> {
  const path = resolve(file)
  try {
    await host.exists(path)
  } catch (error) {
    throw new CommandError(`${file}: ${fileErrorReason(error)}`)
  }
  try {
    return await host.importDefinition(pathToFileURL(path).href, exportName === '' ? undefined : exportName)
  } catch (error) {
    const isOurs = error instanceof CommandError || (FlowError.is(error) && error.code === 'FLOW_USAGE')
    if (isOurs) throw new CommandError(`${file}: ${error.message}`)
    host.stderr.write(reportFailure(error))
    throw new CommandError(`${file} cannot be loaded`)
  }
}

async function open(
  file: string,
  definition: Definition<Functions>,
  { options, log, host }: { options: ActorOptions; log: LogSettings; host: ActorHost },
): Promise<Root> {
  const { name = nameOf(file), listen, advertise, registry, unique, capability } = options
  return await host.openRoot({
    name,
    definition,
    log,
    ...(listen === undefined ? {} : { listen }),
    ...(advertise === undefined ? {} : { advertise }),
    ...(registry === undefined ? {} : { registry }),
    ...(unique === undefined ? {} : { unique }),
    ...(capability === undefined ? {} : { capabilities: capability }),
    ...(await readTlsFiles(options)),
  })
}

/** `film` of `./actors/film.ts`. */
function nameOf(file: string): string {
  return /([^/\\]+?)(?:\.[cm]?[jt]s)?$/.exec(file)?.[1] ?? file
}

function complain(what: string, code: number, host: ActorHost): number {
  host.stderr.write(`flow: ${printableLine(what)}\n`)
  return code
}
