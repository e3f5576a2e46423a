import { PipelineSpecError } from '../errors.ts'
import type { Plan } from '../plan.ts'
import { exitCodes } from './exit-code.ts'
import { type Graph, graphOf } from './graph/graph.ts'
import { renderDot } from './graph/render-dot.ts'
import { renderMermaid } from './graph/render-mermaid.ts'
import { renderSvg } from './graph/render-svg.ts'
import { renderTextGraph } from './graph/render-text.ts'
import { renderProblems } from './problem-report.ts'
import type { TextOutput } from './terminal.ts'

/** What `--format` takes. */
export type GraphFormat = 'text' | 'mermaid' | 'dot' | 'svg'

/** The options of `flow graph`. */
export interface GraphOptions {
  readonly format: GraphFormat
}

/** What `flow graph` needs of its surroundings. */
export interface GraphHost {
  readonly stdout: TextOutput
  readonly stderr: { write(text: string): unknown }
  check(file: string): Promise<Plan>
}

/** `flow graph`: draws the stages of a document on stdout. Starts nothing. Resolves to the exit code. */
export async function graphCommand(file: string, options: GraphOptions, host: GraphHost): Promise<number> {
  let plan: Plan
  try {
    plan = await host.check(file)
  } catch (error) {
    if (!(error instanceof PipelineSpecError)) throw error
    host.stderr.write(renderProblems(error.problems))
    return exitCodes.wrong
  }
  host.stdout.write(`${render(graphOf(plan), options.format, host.stdout).join('\n')}\n`)
  return exitCodes.done
}

function render(graph: Graph, format: GraphFormat, { isTTY, columns }: TextOutput): readonly string[] {
  switch (format) {
    case 'text':
      // A terminal that nobody has told its size says 0.
      return renderTextGraph(graph, isTTY === true && columns ? { width: columns } : {})
    case 'mermaid':
      return renderMermaid(graph)
    case 'dot':
      return renderDot(graph)
    case 'svg':
      return renderSvg(graph)
  }
}
