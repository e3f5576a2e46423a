import { subscribe } from 'node:diagnostics_channel'
import type { SentSpans } from '../../observability/index.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Plan } from '../plan.ts'
import type { RunOptions } from './run-command.ts'

type Environment = Readonly<Record<string, string | undefined>>

// Where Jaeger takes spans and shows them, if nobody says otherwise.
const localCollector = 'http://localhost:4318'
const localUi = 'http://localhost:16686'

/** Whether a collector has any spans of this process, the root's. True as long as nobody knows better. */
export interface SpanWatch {
  readonly areThere: boolean
}

/** Watches what becomes of the spans of the run, from before it begins until the process ends. */
export function watchSpans(): SpanWatch {
  let areThere = true
  subscribe('actorflow.spans.sent', (message) => {
    const { givenCount, lostCount } = message as SentSpans
    if (givenCount > 0) areThere = lostCount < givenCount
  })
  return {
    get areThere() {
      return areThere
    },
  }
}

/** Where the traces of a run are to be seen, a line each: at a link, unless it leads nowhere, and by which command. */
export function traceNotes(
  { plan, traceId }: Pick<Pipeline, 'plan' | 'traceId'>,
  options: RunOptions,
  { environment, spans }: { readonly environment: Environment; readonly spans: SpanWatch },
): string[] {
  const notes: string[] = []
  if (environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return notes
  // Where not even the run is followed, no item is: a ratio of 0. What failed may be there all the same.
  if (traceId === undefined && options.traceErrors !== true) return notes
  const ui = options.trace === 'otlp' && spans.areThere ? traceUi(options, environment) : undefined
  if (ui !== undefined) {
    if (traceId !== undefined) notes.push(`the run:   ${pageAt(ui, `trace/${traceId}`)}`)
    notes.push(`its items: ${pageAt(ui, search(plan))}`)
  }
  if (options.recordTraces !== undefined)
    notes.push(`its items: flow trace ${quoted(options.recordTraces)} --slowest 3`)
  return notes
}

/**
 * Where Jaeger's pages are: as the option says, or the variable, or on this machine if the spans go to a collector here.
 * Undefined if nobody knows: whoever takes the spans elsewhere does not say where it shows them.
 */
function traceUi({ traceUi }: RunOptions, environment: Environment): string | undefined {
  const told = traceUi ?? environment['FLOW_TRACE_UI']
  // What is no address leads nowhere, and is no reason for a run that has ended well to fail.
  if (told !== undefined && told !== '') return URL.parse(told)?.protocol.startsWith('http') === true ? told : undefined
  const collector = environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || environment['OTEL_EXPORTER_OTLP_ENDPOINT']
  const host = URL.parse(collector || localCollector)?.hostname ?? ''
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host) ? localUi : undefined
}

/** The traces of a pipeline are those that have spans of a stage where items begin. */
function search(plan: Plan): string {
  const source = plan.stages.find((stage) => 'source' in stage && stage.source !== undefined) ?? plan.stages[0]
  const service = `${plan.name}.${source?.name ?? ''}`
  return `search?${new URLSearchParams({ service }).toString()}`
}

function pageAt(ui: string, page: string): string {
  return new URL(page, ui.endsWith('/') ? ui : `${ui}/`).href
}

function quoted(file: string): string {
  return /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`
}
