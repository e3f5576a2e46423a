import { type Command, Option } from 'commander'
import { readStallAfter } from './duration-option.ts'
import type { GraphFormat, GraphOptions } from './graph-command.ts'
import { withRegistry } from './registry-options.ts'
import type { TopOptions } from './top-command.ts'

/** What the commands that show pipelines do; each resolves to the exit code. */
export interface WatchCommandActions {
  graph(file: string, options: GraphOptions): Promise<number>
  top(pipeline: string | undefined, options: TopOptions): Promise<number>
}

const graphNotes = `
Nothing is started, and no code of yours is run. With --live each stage has its rate, and the colour of how much of its time it is
blocked; the bottleneck is red.

Examples:
  flow graph pipeline.yaml
  flow graph pipeline.yaml --format svg > pipeline.svg
  flow graph pipeline.yaml --format dot | dot -Tpng > pipeline.png
  flow graph pipeline.yaml --live
  flow graph pipeline.yaml --live --run 4711
  flow graph pipeline.yaml --format mermaid     for a Markdown file, in a block called mermaid`

const topNotes = `
Without --registry and FLOW_REGISTRY it finds the pipelines of your programs on this host that hold their registry themselves;
with one, those of all programs in that registry, and their other actors, too: redis://host:port, unix:/path, tcp://host:port. A
program with a token wants it here, too: FLOW_TOKEN.

Of several that run with one name, each is shown with its process; --run says which is meant, as flow graph has it, and where no
pipeline is called so, its process id or id in the place of its name does, too. One that has ended stays, with done, cancelled or
failed and the code of its error.

Keys: arrows or a number choose one of several pipelines, q or ctrl-c leaves. Where stdout is no terminal, it is printed once.

Examples:
  flow top
  flow top word-count --registry redis://127.0.0.1:6379
  flow top --run 4711                           the pipeline of that process
  flow top --once | grep bottleneck`

/** Adds the commands that show pipelines. `ended` is told the exit code of the one that was run. */
export function addWatchCommands(program: Command, actions: WatchCommandActions, ended: (code: number) => void): void {
  const graph = program
    .command('graph')
    .summary('draw the stages of a pipeline')
    .description('Draws the stages of a pipeline document, what each does, and who reads whom.')
    .argument('<file>', 'the pipeline document')
    .addOption(
      new Option('--format <format>', 'as what')
        .choices(['text', 'mermaid', 'dot', 'svg'] satisfies GraphFormat[])
        .default('text'),
    )
    .option('--live', 'the pipeline of that name that runs, with what its stages do at the moment')
    .option('--run <id>', 'with --live: which of several that run with that name, by its process id or its id')
  withRegistry(
    graph,
    'with --live: where it is registered; by default FLOW_REGISTRY, else it is looked for on this host',
  )
    .addHelpText('after', graphNotes)
    .action(async (file: string, options: GraphOptions, command: Command) => {
      for (const option of ['registry', 'run'] as const) {
        if (options[option] === undefined || options.live === true) continue
        command.error(`error: option '--${option}' needs '--live'`)
      }
      ended(await actions.graph(file, options))
    })
  withRegistry(
    program
      .command('top')
      .summary('watch running pipelines')
      .description('Shows a running pipeline: what each stage does, how fast, and who waits for whom.')
      .argument('[pipeline]', 'its name, or its process id or id; by default the first that runs')
      .option('--run <id>', 'which of several that run with that name, by its process id or its id')
      .option('--once', 'print it once')
      .option('--stall-after <duration>', 'how long without progress is a stall, as 30s or 2m', readStallAfter),
  )
    .addHelpText('after', topNotes)
    .action(async (pipeline: string | undefined, options: TopOptions) => ended(await actions.top(pipeline, options)))
}
