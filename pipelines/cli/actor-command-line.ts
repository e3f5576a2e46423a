import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Capabilities } from '../../engine/index.ts'
import type { ActorOptions } from './actor-command.ts'
import type { CallCommandOptions, CallTarget } from './call-command.ts'
import { addCapability } from './capability-options.ts'
import { parseDuration } from './duration.ts'
import { readDuration } from './duration-option.ts'
import type { LogOptions } from './log-command.ts'
import { loggingNotes, withLogOptions } from './log-options.ts'
import type { PsOptions } from './ps-command.ts'
import { withRegistry, withTls } from './registry-options.ts'
import type { StopOptions } from './stop-command.ts'

/** What the commands for standing actors do; each resolves to the exit code. */
export interface ActorCommandActions {
  actor(module: string, options: ActorOptions): Promise<number>
  ps(options: PsOptions): Promise<number>
  call(target: CallTarget, options: CallCommandOptions): Promise<number>
  stream(target: CallTarget, options: CallCommandOptions): Promise<number>
  stop(who: string, options: StopOptions): Promise<number>
  log(options: LogOptions): Promise<number>
}

const registryNotes = `
The registry is that of --registry or FLOW_REGISTRY: redis://host:port, or where a program listens that holds its registry
itself: unix:/path, tcp://host:port (\`flow dump\` shows the sockets of yours). A program with a token wants it here, too: FLOW_TOKEN.`

const actorNotes = `
It lives until ctrl-c, SIGTERM or \`flow stop\`: its calls are cancelled, and their finally has run when it ends. Without a
registry (--registry, FLOW_REGISTRY) it holds one itself, and others join it at its address. Beyond this host it listens only
with FLOW_TOKEN or TLS.
${loggingNotes}

Examples:
  flow actor ./film.ts                                   called film
  flow actor ./film.ts --name frank --listen unix:/run/user/1000/frank.sock
  flow actor ./film.ts#extras --name frank --unique --registry redis://127.0.0.1:6379
  flow actor ./film.ts --listen tcp://0.0.0.0:0 --capability gpu=true --capability zone=eu
  flow actor ./film.ts --listen tcp://0.0.0.0:4100 --advertise tcp://films.example:4100`

const callNotes = `
Each argument is one JSON value; a text has quotes of its own: '"hello"'. What comes out is one line of JSON, an item each.
What JSON has no word for: undefined is null; a bigint, NaN and Infinity are text; a Date is ISO 8601; bytes are Base64; a Map
is a list of pairs, a Set a list.
${registryNotes}
`

const callExamples = `
Examples:
  flow call frank cellarDoor
  flow call frank add 1 2 | jq
  flow call frank greet '"Donny"' '{ "loud": true }' --timeout 5s
  flow call 3f2a91c07b44 cellarDoor            the one with that id`

const streamExamples = `
A reader that goes ends the generator; a slow one slows it down.

Examples:
  flow stream frank streamForever 10 | head -n 3
  flow stream frank streamForever 10 --capability gpu=true > lines.jsonl`

const psNotes = `
The actors are asked themselves. calls and streams run in it for others; in/s and out/s are the items of its streams.
${registryNotes}

Examples:
  flow ps
  flow ps --watch                       redrawn on a terminal; elsewhere a line of JSON whenever one comes or leaves
  flow ps --json | jq -r 'select(.silent) | .id'`

const stopNotes = `
Its calls are cancelled; with --drain they may finish, and nobody finds it meanwhile. Waits until it has left the registry.
${registryNotes}

Examples:
  flow stop frank
  flow stop frank --all --drain --reason 'a new release'
  flow stop 3f2a91c07b44`

const logNotes = `
What is kept: every actor that started, registered, left, expired, was restarted or failed.
${registryNotes}

Examples:
  flow log --since 10m
  flow log --follow --actor 'frank*'
  flow log --json | jq 'select(.kind == "failed")'`

/** Adds the commands for standing actors. `ended` is told the exit code of the one that was run. */
export function addActorCommands(program: Command, actions: ActorCommandActions, ended: (code: number) => void): void {
  const actor = program
    .command('actor')
    .summary('run a standing actor, which others may call')
    .description('Runs an actor of the definition that a module exports: its default, the only one, or that of #name.')
    .argument('<module>', 'the file, as ./film.ts or ./film.ts#name')
    .option('--name <name>', "what it is called; by default the file's name")
    .option('--listen <address>', 'where: unix:/path, tcp://host:port (0: any free one); more than once', collect)
    .option('--advertise <address>', 'what others are told of a tcp:// it listens at; port 0: that one', collect)
    .option('--unique', 'nobody else may have the name')
  withLogOptions(actor, 'actor')
  withTls(actor.option('--registry <address>', 'where it is registered').addOption(capabilityOption('what it can do')))
    .addHelpText('after', actorNotes)
    .action(async (module: string, options: ActorOptions) => ended(await actions.actor(module, options)))

  withRegistry(
    program
      .command('ps')
      .summary('list the actors of a registry')
      .description('Lists the actors of a registry, and what each of them does.')
      .option('--watch', 'go on showing it')
      .option('--json', 'print a JSON object for each actor'),
  )
    .addHelpText('after', psNotes)
    .action(async (options: PsOptions) => ended(await actions.ps(options)))

  withTarget(program.command('call').summary('call a function of an actor'))
    .description('Calls a function of an actor, and prints its result as one line of JSON.')
    .addHelpText('after', callNotes + callExamples)
    .action(async (who: string, functionName: string, args: string[], options: CallCommandOptions) => {
      ended(await actions.call({ who, functionName, args }, options))
    })

  withTarget(program.command('stream').summary('print what a generator of an actor yields'))
    .description('Runs a generator of an actor, and prints each item as one line of JSON.')
    .addHelpText('after', callNotes + streamExamples)
    .action(async (who: string, functionName: string, args: string[], options: CallCommandOptions) => {
      ended(await actions.stream({ who, functionName, args }, options))
    })

  withRegistry(
    program
      .command('stop')
      .summary('ask an actor to leave')
      .description('Asks an actor to leave, and waits until it has.')
      .argument('<actor>', 'its name or its id')
      .option('--all', 'all of that name, where there are several')
      .option('--drain', 'let it finish the calls that it has')
      .option('--reason <text>', 'what it is told'),
  )
    .addHelpText('after', stopNotes)
    .action(async (who: string, options: StopOptions) => ended(await actions.stop(who, options)))

  withRegistry(
    program
      .command('log')
      .summary('say what happened to the actors of a registry')
      .description('Prints the ledger of a registry, the oldest entry first.')
      .option('--follow', 'go on with what comes')
      .option('--since <when>', 'as 10m or 2h ago, or a date', parseSince)
      .option('--actor <glob>', "only actors whose name fits, as 'frank*'")
      .option('--json', 'print each entry as a JSON object'),
  )
    .addHelpText('after', logNotes)
    .action(async (options: LogOptions) => ended(await actions.log(options)))
}

function withTarget(command: Command): Command {
  return withRegistry(
    command
      .argument('<actor>', 'its name or its id')
      .argument('<function>', 'what to call')
      .argument('[args...]', 'its arguments, each one JSON value')
      .option('--timeout <duration>', 'the most it may take, as 500ms, 5s or 2m', readDuration)
      .addOption(
        new Option('--select <which>', 'which of several of that name').choices(['newest', 'any', 'nearest'] as const),
      )
      .addOption(capabilityOption('only one that has this')),
  )
}

function capabilityOption(what: string): Option {
  const parse = (text: string, before: Capabilities | undefined): Capabilities => {
    const capabilities = addCapability(text, before)
    if (capabilities === undefined) throw new InvalidArgumentError('It is key=value.')
    return capabilities
  }
  return new Option('--capability <key=value>', `${what}; more than once`).argParser(parse)
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

function parseSince(text: string): number | Date {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  const date = new Date(text)
  // A number alone would be taken for a year.
  if (/^\d+$/.test(text) || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError('It is a duration, as 30s, 10m or 2h, or a date, as 2026-01-31T12:00.')
  }
  return date
}
