import { describe, expect, it } from 'vitest'
import type { RunOptions } from '../../../pipelines/cli/run-command.ts'
import { traceNotes } from '../../../pipelines/cli/trace-notes.ts'
import { planObject } from '../../../pipelines/index.ts'

const plan = planObject({
  pipeline: 'word count',
  stages: { lines: { source: 'generate' }, report: { from: 'lines', sink: 'drop' } },
})
const traceId = '0af7651916cd43dd8448eb211c80319c'
const link = 'search?service=word+count.lines'

function notesOf(options: Partial<RunOptions>, environment: Record<string, string> = {}, areThere = true): string[] {
  return traceNotes({ plan, traceId }, { view: 'none', ...options }, { environment, spans: { areThere } })
}

describe('After a run', () => {
  it.for<[Partial<RunOptions>, Record<string, string>, string]>([
    [{}, {}, 'http://localhost:16686/'],
    [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }, 'http://localhost:16686/'],
    [{}, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://[::1]:4318/v1/traces' }, 'http://localhost:16686/'],
    [{}, { FLOW_TRACE_UI: 'https://jaeger.example/ui/' }, 'https://jaeger.example/ui/'],
    [{ traceUi: 'http://one:1' }, { FLOW_TRACE_UI: 'http://two:2' }, 'http://one:1/'],
    [{ traceUi: 'http://one/base' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://far.example' }, 'http://one/base/'],
  ])('the link to its traces is known with %j and %j', ([options, environment, ui]) => {
    expect(notesOf({ trace: 'otlp', ...options }, environment)).toEqual([
      `the run:   ${ui}trace/${traceId}`,
      `its items: ${ui}${link}`,
    ])
  })

  it('there is no link where nobody knows it, or nothing was sent there', () => {
    expect(notesOf({ trace: 'otlp' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example:4318' })).toEqual([])
    expect(notesOf({ trace: 'otlp' }, { OTEL_SDK_DISABLED: 'true' })).toEqual([])
    expect(notesOf({ trace: 'console', traceUi: 'http://one:1' })).toEqual([])
    expect(notesOf({ trace: 'otlp' }, { FLOW_TRACE_UI: 'jaeger:16686' })).toEqual([])
    expect(notesOf({})).toEqual([])
  })

  it('there is no link where the collector has taken nothing', () => {
    expect(notesOf({ trace: 'otlp', recordTraces: 'run.jsonl' }, {}, false)).toEqual([
      'its items: flow trace run.jsonl --slowest 3',
    ])
  })

  it('there is none where nothing is followed, but for what fails', () => {
    const noted = (options: Partial<RunOptions>) => {
      const all: RunOptions = { view: 'none', trace: 'otlp', recordTraces: 'run.jsonl', ...options }
      return traceNotes({ plan, traceId: undefined }, all, { environment: {}, spans: { areThere: true } })
    }
    expect(noted({})).toEqual([])
    expect(noted({ traceErrors: true })).toEqual([
      `its items: http://localhost:16686/${link}`,
      'its items: flow trace run.jsonl --slowest 3',
    ])
  })

  it('the command is known that shows what was recorded', () => {
    expect(notesOf({ recordTraces: 'out/run.jsonl' })).toEqual(['its items: flow trace out/run.jsonl --slowest 3'])
    expect(notesOf({ recordTraces: "it's.jsonl", trace: 'otlp' })).toEqual([
      `the run:   http://localhost:16686/trace/${traceId}`,
      `its items: http://localhost:16686/${link}`,
      `its items: flow trace 'it'\\''s.jsonl' --slowest 3`,
    ])
  })
})
