import type { Workload } from '../harness/workload.ts'

const ours = (name: string, ...args: string[]) => ({ name: `actorflow, ${name}`, program: 'actorflow/spawn.ts', args })

export const spawn: Workload = {
  name: 'spawn',
  title: 'from the call that starts an actor to its first item, and eight at once',
  figures: { firstItemMs: 'ms', allReadyMs: 'ms' },
  baseline: 'bare process',
  contenders: [
    { name: 'bare process', program: 'raw/spawn.ts' },
    { name: 'bare thread', program: 'raw/spawn.ts', args: ['--kind', 'thread'] },
    ours('process'),
    ours('process, module in JavaScript', '--module', 'starter.mjs'),
    ours('process of { prewarm: 2 }', '--prewarm', '2'),
    ours('thread', '--spawn', 'thread'),
    ours('inline', '--spawn', 'inline'),
  ],
  bars: [
    { of: 'actorflow, process', to: 'bare process', atMost: 1.4 },
    { of: 'actorflow, process of { prewarm: 2 }', atMost: 5 },
    { of: 'actorflow, process', figure: 'allReadyMs', to: 'actorflow, process', toFigure: 'firstItemMs', atMost: 5 },
  ],
}
