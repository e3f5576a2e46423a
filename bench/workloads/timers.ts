import type { Workload } from '../harness/workload.ts'

const args = ['--count', '50000']

export const timers: Workload = {
  name: 'timers',
  title: 'how late a timer is while a fast stream is drained, with 20 us of work for each item',
  figures: { worstDelayMs: 'ms', itemsPerSecond: 'items/s' },
  baseline: 'raw',
  contenders: [
    { name: 'raw', program: 'raw/busy-drain.ts', args },
    { name: 'actorflow', program: 'actorflow/busy-drain.ts', args },
    { name: 'actorflow, in a thread', program: 'actorflow/busy-drain.ts', args: [...args, '--spawn', 'thread'] },
    { name: 'actorflow, inline', program: 'actorflow/busy-drain.ts', args: [...args, '--spawn', 'inline'] },
  ],
  bars: [{ of: 'actorflow', atMost: 10 }],
}
