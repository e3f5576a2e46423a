import type { Writable } from 'node:stream'
import { currentSignal, FlowError } from '../../engine/index.ts'
import { openOutput } from '../output.ts'
import { parseCallArguments } from './call-arguments.ts'
import { type ActorChoice, chooseActor } from './choose-actor.ts'
import { CommandError } from './command-error.ts'
import { exitCodes } from './exit-code.ts'
import type { Guest, GuestPortal } from './guest.ts'
import { toJsonLine } from './json-line.ts'
import { printableLine } from './printable.ts'
import { type VisitHost, type VisitOptions, visit } from './visit.ts'

/** The options of `flow call` and of `flow stream`. */
export interface CallCommandOptions extends VisitOptions, ActorChoice {
  /** The most that it may take. */
  readonly timeout?: number
}

/** What they need of their surroundings. */
export interface CallHost extends VisitHost {
  readonly stdout: Writable
}

/** Whom to call, and what. */
export interface CallTarget {
  /** A name, or an id. */
  readonly who: string
  readonly functionName: string
  /** Each one JSON value. */
  readonly args: readonly string[]
}

/** `flow call`: calls a function of an actor and prints its result as a line of JSON. Resolves to the exit code. */
export async function callCommand(target: CallTarget, options: CallCommandOptions, host: CallHost): Promise<number> {
  return await callOut(target, options, host, async (portal, args) => {
    const text = toJsonLine(await portal.run(target.functionName, ...args))
    await using output = openOutput(host.stdout, currentSignal())
    await output.write(text)
  })
}

/**
 * `flow stream`: runs a generator of an actor and prints each item as a line of JSON, no faster than they are read. A reader
 * that goes (`| head`) ends the generator, and that is no failure. Resolves to the exit code when the generator has ended.
 */
export async function streamCommand(target: CallTarget, options: CallCommandOptions, host: CallHost): Promise<number> {
  return await callOut(target, options, host, async (portal, args) => {
    const stream = portal.stream(target.functionName, ...args)
    await using output = openOutput(host.stdout, currentSignal())
    // Whatever has arrived in one write: a line at a time would be many times slower.
    for await (const items of stream.batches()) {
      if (!(await output.write(items.map(toJsonLine).join('')))) break
    }
  })
}

async function callOut(
  { who, functionName, args }: CallTarget,
  options: CallCommandOptions,
  host: CallHost,
  call: (portal: GuestPortal, args: readonly unknown[]) => Promise<void>,
): Promise<number> {
  const parsed = parseCallArguments(args)
  if ('problem' in parsed) {
    host.stderr.write(`flow: ${printableLine(parsed.problem)}\n`)
    return exitCodes.wrong
  }
  return await visit(options, host, async (guest) => {
    const portal = await chooseActor(who, options, guest)
    try {
      await call(options.timeout === undefined ? portal : portal.with({ timeoutMs: options.timeout }), parsed.values)
      return exitCodes.done
    } catch (error) {
      throw (await explain(error, functionName, portal, guest)) ?? error
    }
  })
}

/** What is to be said in the place of an error that says too little to somebody at a shell. */
async function explain(
  error: unknown,
  functionName: string,
  { actor }: GuestPortal,
  { registry }: Guest,
): Promise<CommandError | undefined> {
  if (!FlowError.is(error)) return undefined
  const who = `${actor.name} (${actor.id})`
  if (error.code === 'FLOW_DEADLINE_EXCEEDED') {
    return new CommandError(`'${functionName}' of ${who} is ${error.message}`, exitCodes.failed)
  }
  if (error.code !== 'FLOW_NOT_EXPOSED' || !error.message.includes('does not expose')) return undefined
  const known = (await registry.findAll(actor.name)).find((registration) => registration.actor.id === actor.id)
  const there = known === undefined || known.functions.length === 0 ? '' : `; it has ${known.functions.join(', ')}`
  return new CommandError(`${who} does not expose '${functionName}'${there}`, exitCodes.failed)
}
