import type { Workload } from '../harness/workload.ts'

const ours = (name: string, count: number, ...args: string[]) => ({
  name: `actorflow, ${name}`,
  program: 'actorflow/stream.ts',
  args: ['--count', String(count), ...args],
})

// What is done for one item in a hundred takes a hundred times as many items until it is compiled, and what is followed is posted
// a few times a second: a stream of a second or two would show the compilers at work. Where each item is followed, all of that
// is soon over.
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
  contenders: contenders(24_000_000),
  bars: bars(1),
}

export const tracingThreeProcesses: Workload = {
  name: 'tracing-three-processes',
  title: 'streamer -> map -> sink, followed by traces',
  figures: { itemsPerSecond: 'items/s' },
  baseline: 'actorflow, no tracing',
  contenders: contenders(12_000_000, '--map', 'map'),
  bars: bars(2),
}

export const tracingAtWork: Workload = {
  name: 'tracing-at-work',
  title: 'small records with some microseconds of work for each, followed by traces',
  figures: { itemsPerSecond: 'items/s' },
  baseline: 'actorflow, no tracing',
  contenders: contenders(2_000_000, '--work', '600').slice(0, 3),
  bars: bars(1).slice(0, 2),
}
