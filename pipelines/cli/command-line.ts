import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { MetricsExporter } from '../../observability/index.ts'
import { type ActorCommandActions, addActorCommands } from './actor-command-line.ts'
import type { CheckOptions } from './check-command.ts'
import type { DumpOptions } from './dump-command.ts'
import { readStallAfter } from './duration-option.ts'
import { exitCodes } from './exit-code.ts'
import { loggingNotes, withLogOptions } from './log-options.ts'
import { withRegistry } from './registry-options.ts'
import type { RunOptions } from './run-command.ts'
import { addTraceCommand, type TraceCommandAction } from './trace-command-line.ts'
import type { ViewName } from './view.ts'
import { addWatchCommands, type WatchCommandActions } from './watch-command-line.ts'

/** What the commands do; each resolves to the exit code. */
export interface CommandActions extends ActorCommandActions, TraceCommandAction, WatchCommandActions {
  run(file: string, options: RunOptions): Promise<number>
  check(file: string, options: CheckOptions): Promise<number>
  dump(target: string | undefined, options: DumpOptions): Promise<number>
}

/** Where the command line writes help and complaints. */
export interface CommandOutputs {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

const examples = `
Examples:
  flow run pipeline.yaml                 run it; the data on stdout, everything else on stderr
  flow run pipeline.yaml > rows.jsonl    the data into a file
  BOOK=emma.txt flow run count.yaml      a value for \${BOOK} in the document
  flow run pipeline.yaml --log-level info   what its actors say of what they do, on stderr
  flow run pipeline.yaml --trace otlp    follow the items in Jaeger, or whatever takes OTLP
  flow run pipeline.yaml --record-traces run.jsonl; flow trace run.jsonl --slowest 3
                                         where the slowest items spent their time
  flow check pipeline.yaml               all that is wrong with it, as file:line:column: message
  flow graph pipeline.yaml               its stages, drawn as text, Mermaid, Graphviz or SVG
  flow top                               what your running pipelines do, and what holds them up
  flow dump                              what the actors of your running programs do and wait for
  flow actor ./film.ts --name frank      a standing actor, which other programs and these commands call
  flow call frank cellarDoor             one result of it; flow stream frank streamForever 10 for many

Exit codes:
  0 done   1 a stage or a call failed, or nobody answered   2 the document or the command line is wrong   130 interrupted (SIGTERM: 143)`

const runNotes = `
Ctrl-c drains: the sources stop, and what is in flight is finished. A second one cancels, a third one kills.

The view is live where stderr is a terminal: it has the bottom lines of it, and data scrolls above them. Elsewhere it
is a line every 5 seconds. It names the stage that holds the others up, and says so when items are in hand and none goes on.
${loggingNotes}

Examples:
  flow run pipeline.yaml
  flow run pipeline.yaml --view plain 2> run.log
  flow run pipeline.yaml --log-level words=debug --log-format json 2> run.jsonl
  flow run pipeline.yaml --trace console --trace-ratio 0.01
  flow run pipeline.yaml --metrics prometheus://127.0.0.1:9464     then: curl 127.0.0.1:9464/metrics`

const metricsFlags = '--metrics <exporter>'

const checkNotes = `
Nothing is started, and no code of yours is run.

Examples:
  flow check pipeline.yaml
  flow check pipeline.yaml --json | jq '.problems[].message'`

const dumpNotes = `
Below each actor are its channels (═), and below these its calls to that peer (→) and those from it (←). A program that
wants a token wants it here, too: FLOW_TOKEN.

A program that is frozen itself does not answer. SIGUSR2 has one write the same to its own stderr.

Examples:
  flow dump                              every program of yours that runs
  flow dump 4711                         the one with an actor in that process
  flow dump /tmp/flow-a1b2c3/root.sock   the one at that socket; tcp://host:port for one that listens there
  flow dump --json | jq '.trees[].children[].residentBytes'`

/**
 * Reads the command line and does what it says. Resolves to the exit code; a command line that is wrong is one line on
 * stderr and exit code 2.
 */
export async function runCommandLine(
  args: readonly string[],
  version: string,
  actions: CommandActions,
  outputs: CommandOutputs,
): Promise<number> {
  let exitCode: number = exitCodes.done
  const program = new Command('flow')
    .description('Runs stream pipelines of actors, and actors that stand alone.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => outputs.stdout.write(text),
      writeErr: (text) => outputs.stderr.write(text),
      outputError: (text, write) => write(oneLine(text, args)),
    })
  // Commands take over the settings that their parent has when they are made.
  const run = withLogOptions(program.command('run'), 'stage')
    .summary('run a pipeline')
    .description('Checks a pipeline document, and runs it if nothing is wrong with it.')
    .argument('<file>', 'the pipeline document')
    .addOption(new Option('--trace <exporter>', 'follow items through the stages').choices(['console', 'otlp']))
    .option('--record-traces <file>', 'keep the spans of the items in a file, for flow trace')
    .option('--trace-ui <url>', "Jaeger's pages, for the link to the traces; otherwise FLOW_TRACE_UI", parseUrl)
    .option('--trace-ratio <ratio>', 'the share of the items that is followed, from 0 to 1', parseRatio)
    .option('--trace-errors', 'follow what fails, too, even if it is not in that share')
    .option(metricsFlags, 'otlp, or prometheus://host:port to serve them there with /healthz and /readyz')
    .addOption(
      new Option('--view <view>', 'how the run is shown on stderr')
        .choices(['auto', 'live', 'plain', 'none'] satisfies ViewName[])
        .default('auto'),
    )
    .addOption(new Option('--logs <exporter>', 'send the logs somewhere else, too').choices(['otlp']))
    .option(
      '--stall-after <duration>',
      'how long without progress is a stall, and not ready, as 30s or 2m',
      readStallAfter,
    )
    .addHelpText('after', runNotes)
    .action(async (file: string, options: RunOptions, command: Command) => {
      if (options.metrics !== undefined) await checkMetrics(options.metrics, command)
      const isTraced = options.trace !== undefined || options.recordTraces !== undefined
      const unused =
        options.traceRatio !== undefined ? '--trace-ratio' : options.traceErrors ? '--trace-errors' : undefined
      if (unused !== undefined && !isTraced) {
        command.error(`error: option '${unused}' needs '--trace console', '--trace otlp' or '--record-traces'`)
      }
      exitCode = await actions.run(file, options)
    })
  withRegistry(run, 'where its actors are registered; by default FLOW_REGISTRY, else in the run itself')
  program
    .command('check')
    .summary('say what is wrong with a pipeline document')
    .description('Checks a pipeline document and says all that is wrong with it.')
    .argument('<file>', 'the pipeline document')
    .option('--json', 'print the answer as one JSON object')
    .addHelpText('after', checkNotes)
    .action(async (file: string, options: CheckOptions) => {
      exitCode = await actions.check(file, options)
    })
  program
    .command('dump')
    .summary('say what the actors of running programs do and wait for')
    .description('Asks running programs for their trees of actors: what each does, and what it waits for.')
    .argument('[program]', 'the process id of one of its actors, or its socket; without it all programs of yours')
    .option('--json', 'print the answer as one JSON object')
    .addHelpText('after', dumpNotes)
    .action(async (target: string | undefined, options: DumpOptions) => {
      exitCode = await actions.dump(target, options)
    })
  const ended = (code: number): void => {
    exitCode = code
  }
  addTraceCommand(program, actions, ended)
  addWatchCommands(program, actions, ended)
  addActorCommands(program, actions, ended)
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? exitCodes.done : exitCodes.wrong
  }
}

// With the action, and not where the options are read: what knows is loaded for nothing else that the command line says.
async function checkMetrics(exporter: string, command: Command): Promise<void> {
  if (exporter === 'otlp' || exporter === 'none') return
  const { metrics } = await import('../../observability/index.ts')
  try {
    metrics({ exporter: exporter as MetricsExporter })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    command.error(`error: option '${metricsFlags}' argument '${exporter}' is invalid. ${why}`)
  }
}

function parseRatio(text: string): number {
  const ratio = Number(text)
  if (text.trim() === '' || !(ratio >= 0 && ratio <= 1)) throw new InvalidArgumentError('It is a number from 0 to 1.')
  return ratio
}

function parseUrl(text: string): string {
  if (URL.parse(text)?.protocol.startsWith('http') !== true) {
    throw new InvalidArgumentError('It is a URL: http://localhost:16686.')
  }
  return text
}

/** A complaint of commander's, which puts its suggestion on a second line, as one line. */
function oneLine(text: string, args: readonly string[]): string {
  const complaint = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
  const [first = ''] = args
  const isDocument = complaint.startsWith('unknown command') && /\.ya?ml$/.test(first)
  return `flow: ${complaint.replace(/\.$/, '')}${isDocument ? ` (Did you mean flow run ${first}?)` : ''}; see flow --help\n`
}
