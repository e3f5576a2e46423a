import { FlowError, type TlsOptions, withSignal } from '../../engine/index.ts'
import { CommandError } from './command-error.ts'
import { exitCodes, type InterruptSignal, signalExitCodes } from './exit-code.ts'
import type { Guest } from './guest.ts'
import { printableLine } from './printable.ts'
import { describeRefusal, refusalExitCode } from './refusal.ts'
import { readTlsFiles, type TlsFiles } from './tls-files.ts'

/** Which registry a command asks, and how it proves who it is. */
export interface VisitOptions extends TlsFiles {
  readonly registry?: string
}

/** What a command that does without a registry asks in its place: nobody else is in it. */
export const noRegistryAsked = 'embedded'

/** What a command that asks a registry needs of its surroundings. */
export interface VisitHost {
  readonly stderr: { write(text: string): unknown }
  readonly environment: Readonly<Record<string, string | undefined>>
  join(registry: string, options: { readonly tls?: TlsOptions }): Promise<Guest>
  /** Calls the listener at each signal, until the result is disposed. */
  onSignal(listener: (signal: InterruptSignal) => void): Disposable
  /** Ends the process at once. */
  exit(code: number): void
  /** Ends the process in a moment if it has not ended by itself then: its output may have a reader that reads no more. */
  exitSoon(code: number): void
}

const noRegistry =
  'which registry? Give --registry or set FLOW_REGISTRY: redis://host:port, or where a program listens that holds its ' +
  'registry itself (unix:/path, tcp://host:port); `flow dump` shows the sockets of yours'

/**
 * Joins the registry, lets `body` do what it is for, and leaves. A signal cancels it, and what runs for it elsewhere; a second
 * one ends the process. Resolves to the exit code; what went wrong is one line on stderr. Rejects only with what nobody
 * expected.
 */
export async function visit(
  options: VisitOptions,
  host: VisitHost,
  body: (guest: Guest) => Promise<number>,
): Promise<number> {
  const registry = registryOf(options, host)
  if (registry === undefined) return complain(noRegistry, exitCodes.wrong, host)
  return await visitAt(registry, options, host, body)
}

/** The registry that is meant; undefined where none is named. */
export function registryOf(options: VisitOptions, host: Pick<VisitHost, 'environment'>): string | undefined {
  const registry = options.registry ?? host.environment['FLOW_REGISTRY']
  return registry === noRegistryAsked ? undefined : registry
}

/** As `visit` does, with the registry at that address. */
export async function visitAt(
  registry: string,
  options: VisitOptions,
  host: VisitHost,
  body: (guest: Guest) => Promise<number>,
): Promise<number> {
  const stopped = new AbortController()
  let interruptCode: number | undefined
  let joined = false
  using _signals = host.onSignal((signal) => {
    const again = interruptCode !== undefined
    interruptCode = signalExitCodes[signal]
    // Until it has joined, there is nobody to take leave of.
    if (again || !joined) host.exit(interruptCode)
    stopped.abort(new Error(signal))
  })
  try {
    await using guest = await host.join(registry, await readTlsFiles(options))
    joined = true
    return await withSignal(stopped.signal, () => body(guest))
  } catch (error) {
    if (interruptCode === undefined) {
      if (error instanceof CommandError) return complain(error.message, error.exitCode, host)
      if (!FlowError.is(error)) throw error
      return complain(describeRefusal(error), refusalExitCode(error), host)
    }
  }
  host.exitSoon(interruptCode)
  return interruptCode
}

function complain(what: string, code: number, host: VisitHost): number {
  host.stderr.write(`flow: ${printableLine(what)}\n`)
  return code
}
