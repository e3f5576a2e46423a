import type { Turns, Workload } from '../harness/workload.ts'

const ours = (name: string, count: number, ...args: string[]) => ({
  name: `actorflow, ${name}`,
  program: 'actorflow/stream.ts',
  args: ['--count', String(count), ...args, '--turns'],
})

// They differ by some percent, and the machine by a fifth from one minute to the next. What is done for one item in a hundred takes
// a hundred times as many items until it is compiled: some nine million. What is left to be posted after a turn is posted within
// a second: the last megabyte of many.
const inTurns: Turns = { starts: 2, warmUps: 2, count: 2, pauseMs: 1_200 }

const contenders = (count: number, ...args: string[]) => [
  ours('no tracing', count, ...args),
  ours('tracing off', count, ...args, '--trace', 'off'),
  ours('1 % traced', count, ...args, '--trace', '0.01'),
  ours('100 % traced', 500_000, ...args, '--trace', '1'),
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
  contenders: contenders(5_000_000),
  bars: bars(1),
  // What is wanted here is more than what one start differs from the next.
  inTurns: { ...inTurns, starts: 3 },
}

export const tracingThreeProcesses: Workload = {
  name: 'tracing-three-processes',
  title: 'streamer -> map -> sink, followed by traces',
  figures: { itemsPerSecond: 'items/s' },
  baseline: 'actorflow, no tracing',
  contenders: contenders(3_000_000, '--map', 'map'),
  bars: bars(2),
  inTurns,
}

export const tracingAtWork: Workload = {
  name: 'tracing-at-work',
  title: 'small records with some microseconds of work for each, followed by traces',
  figures: { itemsPerSecond: 'items/s' },
  baseline: 'actorflow, no tracing',
  contenders: contenders(1_500_000, '--work', '600').slice(0, 3),
  bars: bars(1).slice(0, 2),
  inTurns: { ...inTurns, starts: 1 },
}
