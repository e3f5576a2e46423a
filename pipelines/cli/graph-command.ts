import { currentSignal, failAfter } from '../../engine/index.ts'
import { PipelineSpecError } from '../errors.ts'
import type { Plan } from '../plan.ts'
import { CommandError } from './command-error.ts'
import { exitCodes } from './exit-code.ts'
import { createPipelineFinder, type FoundPipeline, meantBy, type PipelineChoice } from './find-pipelines.ts'
import { type Graph, type GraphLevel, graphOf } from './graph/graph.ts'
import { renderDot } from './graph/render-dot.ts'
import { renderMermaid } from './graph/render-mermaid.ts'
import { renderSvg } from './graph/render-svg.ts'
import { renderTextGraph } from './graph/render-text.ts'
import { graphNotes } from './graph-notes.ts'
import { printableLine } from './printable.ts'
import { renderProblems } from './problem-report.ts'
import { areMeasured, createRateMeter } from './rate-meter.ts'
import { paint, type TextOutput, type Tone } from './terminal.ts'
import { noRegistryAsked, registryOf, type VisitHost, type VisitOptions, visitAt } from './visit.ts'

/** What `--format` takes. */
export type GraphFormat = 'text' | 'mermaid' | 'dot' | 'svg'

/** The options of `flow graph`. */
export interface GraphOptions extends VisitOptions {
  readonly format: GraphFormat
  readonly live?: boolean
  /** Of several that run with that name: the process id or id of the one that is meant. */
  readonly run?: string
}

/** What `flow graph` needs of its surroundings. */
export interface GraphHost extends VisitHost {
  readonly stdout: TextOutput
  check(file: string): Promise<Plan>
  /** The sockets of the roots of this user's trees. */
  findSockets(): Promise<readonly string[]>
}

/** How long a pipeline has for figures, two of them. */
const sampleMs = 5_000

const tones: Readonly<Record<GraphLevel, Tone>> = {
  free: 'good',
  held: 'warn',
  blocked: 'warn',
  full: 'bad',
  ended: 'faint',
}

/**
 * `flow graph`: draws the stages of a document on stdout. With `live`, those of the pipeline of that name that runs, with what each
 * does at the moment; found as `flow top` finds it. Starts nothing. Resolves to the exit code.
 */
export async function graphCommand(file: string, options: GraphOptions, host: GraphHost): Promise<number> {
  let plan: Plan
  try {
    plan = await host.check(file)
  } catch (error) {
    if (!(error instanceof PipelineSpecError)) throw error
    host.stderr.write(renderProblems(error.problems))
    return exitCodes.wrong
  }
  if (options.live !== true) return draw(graphOf(plan), options, host)
  const registry = registryOf(options, host)
  return await visitAt(registry ?? noRegistryAsked, options, host, async (guest) => {
    const found = await createPipelineFinder(guest, registry !== undefined, host).find()
    const running = theOne({ name: plan.name, run: options.run }, found)
    return draw(await failAfter(sampleMs, () => drawingOf(running)), options, host)
  })
}

function theOne(choice: PipelineChoice, found: readonly FoundPipeline[]): FoundPipeline {
  const { name, run } = choice
  const meant = meantBy(choice, found)
  const [one, another] = meant
  if (one === undefined) {
    const which = run === undefined ? '' : ` as ${run}`
    throw new CommandError(`no pipeline called '${name}' runs${which}`, exitCodes.failed)
  }
  if (another === undefined) return one
  const each = meant.map(({ id, place }) => `${id} (process ${place.pid} on ${place.host})`)
  throw new CommandError(`${meant.length} pipelines called '${name}' run: name one with --run: ${each.join(', ')}`)
}

/** The pipeline as it runs, which may be of an older document. */
async function drawingOf(running: FoundPipeline): Promise<Graph> {
  const plan = await running.plan()
  let meter: ReturnType<typeof createRateMeter> | undefined
  for await (const statistics of running.watch(currentSignal())) {
    const rates = meter?.measure(statistics)
    if (rates !== undefined && areMeasured(statistics, rates)) return graphOf(plan, graphNotes(plan, statistics, rates))
    meter ??= createRateMeter({ from: statistics })
  }
  throw new CommandError(`the pipeline '${printableLine(running.name)}' has ended`, exitCodes.failed)
}

function draw(graph: Graph, { format }: GraphOptions, { stdout }: GraphHost): number {
  stdout.write(`${render(graph, format, stdout).join('\n')}\n`)
  return exitCodes.done
}

function render(graph: Graph, format: GraphFormat, stdout: TextOutput): readonly string[] {
  switch (format) {
    case 'text':
      return renderTextGraph(graph, {
        paint: (text, level) => paint(text, tones[level], stdout),
        // A terminal that nobody has told its size says 0.
        ...(stdout.isTTY === true && stdout.columns ? { width: stdout.columns } : {}),
      })
    case 'mermaid':
      return renderMermaid(graph)
    case 'dot':
      return renderDot(graph)
    case 'svg':
      return renderSvg(graph)
  }
}
