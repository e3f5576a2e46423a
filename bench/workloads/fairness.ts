import type { Workload } from '../harness/workload.ts'

const ours = (name: string, ...args: string[]) => ({
  name: `actorflow, ${name}`,
  program: 'actorflow/fairness.ts',
  // Each of a hundred is then several windows long.
  args: ['--count', '2000000', ...args],
})

export const fairness: Workload = {
  name: 'fairness',
  title: 'many streams at once over one channel',
  figures: { itemsPerSecond: 'items/s', slowestShare: 'of the mean' },
  baseline: 'actorflow, 1 stream',
  contenders: [
    ours('1 stream', '--streams', '1'),
    ours('10 streams', '--streams', '10'),
    ours('10 streams, and one that is not read', '--streams', '10', '--stalled', '1'),
    ours('100 streams', '--streams', '100'),
  ],
  bars: [
    { of: 'actorflow, 100 streams', to: 'actorflow, 1 stream', atLeast: 0.8 },
    { of: 'actorflow, 10 streams', figure: 'slowestShare', atLeast: 0.5 },
    { of: 'actorflow, 100 streams', figure: 'slowestShare', atLeast: 0.5 },
    { of: 'actorflow, 10 streams, and one that is not read', to: 'actorflow, 10 streams', atLeast: 0.95 },
  ],
}
