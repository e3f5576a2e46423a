import type { GraphNote } from '../../../../pipelines/cli/graph/graph.ts'
import { type Graph, graphOf } from '../../../../pipelines/cli/graph/graph.ts'
import { planObject } from '../../../../pipelines/index.ts'

export function graphOfStages(stages: object, notes?: ReadonlyMap<string, GraphNote>, pipeline = 'made'): Graph {
  return graphOf(planObject({ pipeline, stages }, { requireSinks: false, directory: import.meta.dirname }), notes)
}

/** One chain: what most pipelines are. */
export const chain = {
  lines: { source: { file: { path: 'book.txt' } } },
  words: {
    from: 'lines',
    actors: 2,
    steps: [{ flatMap: "line => line.split(' ')" }, { use: './graphs.ts#graphOfStages' }],
  },
  counts: { from: 'words', steps: [{ countBy: 'word => word' }, { topN: { count: 10, by: 'row => row.count' } }] },
  report: { from: 'counts', sink: 'stdout' },
}

/** Broadcast, a join by names, a merge into a later step, and a line that passes two layers. */
export const web = {
  a: { source: 'generate' },
  b: { source: 'generate' },
  c: { from: 'a', actors: 3, steps: [{ map: 'x => x + 1' }, { filter: 'x => x % 2' }] },
  d: { from: 'a', steps: [{ countBy: 'x => x' }] },
  join: { from: { left: 'c', right: 'd', third: 'b' }, steps: [{ use: './graphs.ts#graphOfStages' }] },
  late: { from: 'join', steps: [{ take: 3 }, { merge: 'a' }], sink: 'drop' },
  copy: { from: ['b', 'c'], sink: 'stdout' },
  x: { from: 'd', sink: 'drop' },
}

/** Texts that mean something in one of the formats. */
export const hostile = {
  a: { source: 'generate', steps: [{ map: 'x => `"${x}" \\n <b>#quot; [{(|end;` //--> %%{init: {}}%%' }] },
  b: { from: { 'le"ft': 'a' }, steps: [{ use: './graphs.ts#graphOfStages' }], sink: 'drop' },
}

export const running: ReadonlyMap<string, GraphNote> = new Map([
  ['lines', { text: '12.3k/s  busy 9 %', level: 'blocked' }],
  ['words', { text: '12.3k/s  busy 97 %', level: 'full' }],
])
