import { type ActorDump, FlowError, formatDump, type SilentActor } from '../../engine/index.ts'
import { exitCodes } from './exit-code.ts'
import { printableLine, printableText } from './printable.ts'

/** The options of `flow dump`. */
export interface DumpOptions {
  readonly json?: boolean
}

/** What `flow dump` needs of its surroundings. */
export interface DumpHost {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  /** The sockets of this user's programs, dead ones too. */
  findSockets(): Promise<readonly string[]>
  /** Asks whoever is at the address. Throws `DeadlineExceededError` when it does not answer within that. */
  dumpAt(address: string, options: { readonly timeoutMs: number }): Promise<ActorDump>
}

/** A program that was asked: what it answered, or why it did not. */
interface Answer {
  readonly socket: string
  readonly dump?: ActorDump
  readonly problem?: string
}

// A program that is held up for longer is as good as frozen to whoever looks at it.
const timeoutMs = 3_000

/**
 * `flow dump`: what the actors of running programs do and wait for. Of all programs of this user, of the one that has an
 * actor with that process id, or of the one at that socket (a path, or an address). On stdout; with `json` as one object.
 * Resolves to the exit code: 1 if one that is there did not answer, or if there is none.
 */
export async function dumpCommand(target: string | undefined, options: DumpOptions, host: DumpHost): Promise<number> {
  const pid = target !== undefined && /^\d+$/.test(target) ? Number(target) : undefined
  const isOne = target !== undefined && pid === undefined
  const sockets = isOne ? [target] : await host.findSockets()
  const answers = await Promise.all(sockets.map((socket) => ask(socket, isOne, host)))
  const there = answers.filter((answer) => answer !== undefined)
  const dumps = there.flatMap(({ socket, dump }) => (dump === undefined ? [] : [{ socket, dump }]))
  const wanted = pid === undefined ? dumps : dumps.filter(({ dump }) => hasProcess(dump, pid))
  const isFound = pid !== undefined && wanted.length > 0
  // When the one that was looked for has answered, the others do not matter.
  const problems = isFound ? [] : there.flatMap(({ problem }) => (problem === undefined ? [] : [problem]))
  if (pid !== undefined && !isFound) {
    problems.push(`no program with an actor in process ${pid} ${problems.length === 0 ? 'is running' : 'answers'}`)
  } else if (target === undefined && there.length === 0) problems.push('no program of yours is running')
  if (options.json === true) {
    const trees = wanted.map(({ socket, dump }) => ({ socket, ...dump }))
    host.stdout.write(`${JSON.stringify({ trees, problems })}\n`)
  } else {
    host.stdout.write(
      wanted.map(({ socket, dump }) => (isOne || isFound ? '' : header(socket, dump)) + body(dump)).join('\n'),
    )
    for (const problem of problems) host.stderr.write(`flow: ${printableLine(problem)}\n`)
  }
  return problems.length === 0 ? exitCodes.done : exitCodes.failed
}

/** Undefined if the socket is what a program left behind that was killed; a problem if it was named. */
async function ask(target: string, isNamed: boolean, host: DumpHost): Promise<Answer | undefined> {
  const isAddress = /^(?:unix:|tcp:\/\/)/.test(target)
  try {
    return { socket: target, dump: await host.dumpAt(isAddress ? target : `unix:${target}`, { timeoutMs }) }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ECONNREFUSED' || code === 'ENOENT') {
      return isNamed ? { socket: target, problem: `nobody is at ${target}` } : undefined
    }
    return { socket: target, problem: explain(target, error) }
  }
}

function explain(target: string, error: unknown): string {
  if (FlowError.is(error) && error.code === 'FLOW_DEADLINE_EXCEEDED') {
    return `the program at ${target} does not answer within ${timeoutMs / 1_000} s: it is frozen, or kept busy by code that does not wait`
  }
  return `the program at ${target} gives no answer: ${error instanceof Error ? error.message : String(error)}`
}

function hasProcess(dump: ActorDump | SilentActor, pid: number): boolean {
  return dump.pid === pid || ('children' in dump && dump.children.some((child) => hasProcess(child, pid)))
}

function header(socket: string, { actor, pid }: ActorDump): string {
  return `program '${printableLine(actor.name)}', process ${pid}, ${printableLine(socket)}\n`
}

function body(dump: ActorDump): string {
  return printableText(formatDump(dump))
}
