import type { Contender, Workload } from '../harness/workload.ts'
import type { Work } from '../pipeline/orders.ts'

const contender =
  (work: Work) =>
  (name: string, program: string): Contender => ({
    name,
    program: 'pipeline/measure.ts',
    args: [program, '--work', work],
  })
const little = contender('little')
const more = contender('more')

const figures = {
  rowsPerSecond: 'rows/s',
  steadyRowsPerSecond: 'rows/s without the start',
  startMs: 'ms to start',
}

export const pipelineFile: Workload = {
  name: 'pipeline-file',
  title: 'a table -> filter -> map -> countBy -> stdout',
  figures,
  baseline: 'Node streams',
  contenders: [
    little('Node streams', 'node-streams.ts'),
    little('worker_threads', 'worker-threads.ts'),
    little('ix', 'ix.ts'),
    little('actorflow, one stage', 'one-stage-little.yaml'),
    little('actorflow, counted by two actors', 'two-actors-little.yaml'),
  ],
  bars: [{ of: 'actorflow, one stage', to: 'Node streams', atLeast: 1 }],
}

/** The same, where counting an item is worth sharing. */
export const pipelineFileShared: Workload = {
  name: 'pipeline-file-shared',
  title: 'the same with some microseconds of work a row',
  figures,
  baseline: 'Node streams',
  contenders: [
    more('Node streams', 'node-streams.ts'),
    more('worker_threads', 'worker-threads.ts'),
    more('ix', 'ix.ts'),
    more('actorflow, one stage', 'one-stage-more.yaml'),
    more('actorflow, counted by two actors', 'two-actors-more.yaml'),
  ],
  bars: [
    { of: 'actorflow, one stage', to: 'Node streams', atLeast: 1 },
    { of: 'actorflow, counted by two actors', to: 'actorflow, one stage', atLeast: 1 },
    { of: 'actorflow, counted by two actors', to: 'worker_threads', atLeast: 1 },
  ],
}
