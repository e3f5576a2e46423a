import { parse, View } from 'vega'
import { compile } from 'vega-lite'
import type { Results } from './results.ts'

/** The ratios of all contenders to the baseline of their workload, as an SVG. */
export async function drawChart(results: Results): Promise<string> {
  const rows = results.workloads.flatMap(({ name, contenders }) =>
    contenders.map(({ name: contender, ratio }) => ({
      workload: name,
      contender,
      ratio,
      ours: contender.startsWith('actorflow'),
    })),
  )
  const { spec } = compile({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    data: { values: rows },
    facet: {
      row: {
        field: 'workload',
        sort: null,
        title: null,
        header: { labelAngle: 0, labelAlign: 'left', labelFontSize: 12 },
      },
    },
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: 420,
      height: { step: 16 },
      mark: { type: 'bar', tooltip: null },
      encoding: {
        y: { field: 'contender', type: 'nominal', sort: null, title: null, axis: { labelLimit: 280 } },
        x: { field: 'ratio', type: 'quantitative', title: 'of the program written by hand' },
        color: {
          field: 'ours',
          type: 'nominal',
          legend: null,
          scale: { domain: [true, false], range: ['#1f6feb', '#b8c0cc'] },
        },
      },
    },
  })
  return await new View(parse(spec), { renderer: 'none' }).toSVG()
}
