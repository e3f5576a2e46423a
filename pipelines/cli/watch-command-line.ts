import { type Command, Option } from 'commander'
import type { GraphFormat, GraphOptions } from './graph-command.ts'

/** What the commands that show pipelines do; each resolves to the exit code. */
export interface WatchCommandActions {
  graph(file: string, options: GraphOptions): Promise<number>
}

const graphNotes = `
Nothing is started, and no code of yours is run.

Examples:
  flow graph pipeline.yaml
  flow graph pipeline.yaml --format svg > pipeline.svg
  flow graph pipeline.yaml --format dot | dot -Tpng > pipeline.png
  flow graph pipeline.yaml --format mermaid     for a Markdown file, in a block called mermaid`

/** Adds the commands that show pipelines. `ended` is told the exit code of the one that was run. */
export function addWatchCommands(program: Command, actions: WatchCommandActions, ended: (code: number) => void): void {
  program
    .command('graph')
    .summary('draw the stages of a pipeline')
    .description('Draws the stages of a pipeline document, what each does, and who reads whom.')
    .argument('<file>', 'the pipeline document')
    .addOption(
      new Option('--format <format>', 'as what')
        .choices(['text', 'mermaid', 'dot', 'svg'] satisfies GraphFormat[])
        .default('text'),
    )
    .addHelpText('after', graphNotes)
    .action(async (file: string, options: GraphOptions) => ended(await actions.graph(file, options)))
}
