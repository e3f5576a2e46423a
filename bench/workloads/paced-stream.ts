import type { Workload } from '../harness/workload.ts'

const args = ['--count', '40000', '--per-second', '10000']

export const pacedStream: Workload = {
  name: 'paced-stream',
  title: '10,000 items a second, each at its time: how late they arrive',
  figures: { p50Us: 'us', p99Us: 'us' },
  baseline: 'raw, a write per item',
  contenders: [
    { name: 'raw, a write per item', program: 'raw/paced.ts', args },
    { name: 'actorflow', program: 'actorflow/paced.ts', args },
    { name: 'actorflow, in a thread', program: 'actorflow/paced.ts', args: [...args, '--spawn', 'thread'] },
  ],
  bars: [
    { of: 'actorflow', to: 'raw, a write per item', figure: 'p50Us', atMost: 1.15 },
    { of: 'actorflow', to: 'raw, a write per item', figure: 'p99Us', atMost: 1.5 },
  ],
}
