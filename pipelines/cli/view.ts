import type { StageEdge } from '../stage-edges.ts'
import type { PipelineStatistics } from '../statistics.ts'
import { createBottomPanel } from './bottom-panel.ts'
import { describeHoldUp } from './hold-up.ts'
import { renderLiveView } from './live-view.ts'
import { renderPlainLine } from './plain-view.ts'
import { createRateMeter } from './rate-meter.ts'
import { createStallWatch } from './stall-watch.ts'
import { paint, type TextOutput } from './terminal.ts'

/** What `--view` takes. */
export type ViewName = 'auto' | 'live' | 'plain' | 'none'

/** What a view needs to know of a pipeline. */
export interface ShownPipeline {
  statistics(): PipelineStatistics
  readonly edges: readonly StageEdge[]
  /** After how long without progress it counts as stalled. */
  readonly stallAfterMs: number
}

const redrawMs = 200
const plainLineMs = 5_000
const stallLookMs = 500
/** Lines of the terminal that are left to the data. */
const dataRows = 4
/** The fewest lines of a terminal with a live view. */
const minRows = dataRows + 4
const noTerminal = `--view live needs a terminal of ${minRows} lines to draw on: a line every ${plainLineMs / 1_000} seconds comes instead`

/**
 * Shows a running pipeline until it is disposed: as a live view at the bottom of a terminal, or as a line now and then.
 * `auto` is the live view wherever the output is a terminal that can have one. A live view that was asked for where there
 * is no terminal is given as lines, and one more says so: escape sequences in a log help nobody.
 */
export function openView(name: ViewName, output: TextOutput, shown: ShownPipeline): Disposable {
  if (name === 'none') return { [Symbol.dispose]: () => {} }
  if (name !== 'plain' && canDraw(output)) return openLiveView(output, shown)
  if (name === 'live') output.write(`flow: ${noTerminal}\n`)
  return openPlainView(output, shown)
}

function canDraw(output: TextOutput): boolean {
  return output.isTTY === true && process.env['TERM'] !== 'dumb' && (output.rows ?? 0) >= minRows
}

function openPlainView(output: TextOutput, { statistics, edges, stallAfterMs }: ShownPipeline): Disposable {
  const meter = createRateMeter()
  const watch = createStallWatch(stallAfterMs)
  const timer = setInterval(() => {
    const now = statistics()
    output.write(`${renderPlainLine(now, meter.measure(now), edges)}\n`)
  }, plainLineMs)
  const looks = setInterval(() => {
    for (const line of watch.look(statistics())) output.write(`${line}\n`)
  }, stallLookMs)
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      clearInterval(looks)
    },
  }
}

function openLiveView(output: TextOutput, { statistics, edges, stallAfterMs }: ShownPipeline): Disposable {
  const meter = createRateMeter()
  const panel = createBottomPanel(output)
  const redraw = (): void => {
    const now = statistics()
    // One column is left free: a terminal that has just filled its last one is between two lines.
    const size = { width: (output.columns ?? 80) - 1, height: (output.rows ?? 24) - dataRows }
    const lines = renderLiveView(now, meter.measure(now), size, describeHoldUp(now, edges, { stallAfterMs }))
    panel.draw(lines.map(({ text, tone }) => paint(text, tone, output)))
  }
  const resize = (): void => {
    panel.resized()
    redraw()
  }
  // ctrl-z: the shell gets its terminal whole. SIGSTOP does what SIGTSTP would have done without a listener.
  const suspend = (): void => {
    panel.release()
    process.kill(process.pid, 'SIGSTOP')
  }
  const timer = setInterval(redraw, redrawMs)
  output.on('resize', resize)
  process.on('SIGTSTP', suspend)
  process.on('exit', panel.release)
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      output.off('resize', resize)
      process.off('SIGTSTP', suspend)
      process.off('exit', panel.release)
      panel.release()
    },
  }
}
