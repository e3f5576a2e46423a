import type { Workload } from '../harness/workload.ts'

const ours = (name: string, count: number) => ({
  name: `actorflow, ${name}`,
  program: 'actorflow/aggregate.ts',
  args: ['--count', String(count)],
})

export const aggregate: Workload = {
  name: 'aggregate',
  title: 'examples/aggregate.ts: two streamers, an aggregator, and whoever asked',
  figures: { totalMs: 'ms', flowMs: 'ms without the start' },
  baseline: 'actorflow, 10,000 values a streamer',
  contenders: [ours('10,000 values a streamer', 10_000), ours('100,000 values a streamer', 100_000)],
  bars: [{ of: 'actorflow, 10,000 values a streamer', figure: 'flowMs', atMost: 200 }],
}
