import type { Workload } from '../harness/workload.ts'

const ours = (name: string, count: number, ...args: string[]) => ({
  name: `actorflow, ${name}`,
  program: 'actorflow/stream.ts',
  args: ['--count', String(count), ...args],
})

// What is followed is posted about once a second: a stream of half a second would show what the first post of a process costs,
// in code that has never run before. Where each item is followed, a second is soon over.
const contenders = (count: number, ...args: string[]) => [
  ours('no tracing', count, ...args),
  ours('tracing off', count, ...args, '--trace', 'off'),
  ours('1 % traced', count, ...args, '--trace', '0.01'),
  ours('100 % traced', 60_000, ...args, '--trace', '1'),
]

const bars = (hops: number) => [
  { of: 'actorflow, tracing off', to: 'actorflow, no tracing', atLeast: 0.98 },
  { of: 'actorflow, 1 % traced', to: 'actorflow, tracing off', atLeast: 0.95 },
  { of: 'actorflow, 100 % traced', atLeast: 50_000 / hops },
]

export const tracing: Workload = {
  name: 'tracing',
  title: 'small records from process to process, followed by traces',
  figures: { itemsPerSecond: 'items/s' },
  baseline: 'actorflow, no tracing',
  contenders: contenders(6_000_000),
  bars: bars(1),
}

export const tracingThreeProcesses: Workload = {
  name: 'tracing-three-processes',
  title: 'streamer -> map -> sink, followed by traces',
  figures: { itemsPerSecond: 'items/s' },
  baseline: 'actorflow, no tracing',
  contenders: contenders(4_000_000, '--map', 'map'),
  bars: bars(2),
}
