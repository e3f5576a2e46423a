import type { Workload } from '../harness/workload.ts'

const ours = (stages: number, count: number) => ({
  name: `actorflow, ${stages} ${stages === 1 ? 'stage' : 'stages'}`,
  program: 'actorflow/hops.ts',
  args: ['--stages', String(stages), '--count', String(count)],
})

export const hops: Workload = {
  name: 'hops',
  title: 'small records through a row of processes, each of which maps them',
  figures: { itemsPerSecond: 'items/s', nsPerHop: 'ns/hop' },
  baseline: 'actorflow, 1 stage',
  contenders: [ours(1, 1_000_000), ours(2, 600_000), ours(4, 300_000), ours(8, 150_000), ours(16, 75_000)],
}
