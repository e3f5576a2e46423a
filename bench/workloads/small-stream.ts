import type { Workload } from '../harness/workload.ts'
import { smallStreamRivals } from './rivals.ts'

// A second or more of each: what compiles late is compiled then.
const count = '4000000'
const raw = (name: string, ...args: string[]) => ({ name, program: 'raw/stream.ts', args: ['--count', count, ...args] })
const ours = (name: string, ...args: string[]) => ({
  name: `actorflow, ${name}`,
  program: 'actorflow/stream.ts',
  args: ['--count', count, ...args],
})

export const smallStream: Workload = {
  name: 'small-stream',
  title: 'small records from process to process',
  figures: { itemsPerSecond: 'items/s' },
  baseline: 'raw',
  contenders: [
    raw('raw'),
    raw('raw, fed by an async generator', '--source', 'generator'),
    ours('async function*'),
    ours('function*', '--source', 'sync'),
    ours('yield batch([...])', '--source', 'batches'),
    ours('ctx.sendYield', '--source', 'send'),
    ours('function*, read by batches()', '--source', 'sync', '--by', 'batches'),
    ours('async function*, in a thread', '--spawn', 'thread'),
    ...smallStreamRivals,
  ],
  bars: [
    { of: 'actorflow, async function*', to: 'raw', atLeast: 0.62 },
    { of: 'actorflow, async function*', to: 'raw, fed by an async generator', atLeast: 0.9 },
    { of: 'actorflow, async function*', to: 'gRPC-js, msgpackr', atLeast: 12 },
    { of: 'actorflow, async function*', to: 'node:http, lines of JSON', atLeast: 4 },
    { of: 'actorflow, function*', to: 'raw', atLeast: 0.85 },
    { of: 'actorflow, yield batch([...])', to: 'raw', atLeast: 0.85 },
    { of: 'actorflow, ctx.sendYield', to: 'raw', atLeast: 0.85 },
    { of: 'actorflow, function*, read by batches()', to: 'raw', atLeast: 0.85 },
    { of: 'actorflow, async function*, in a thread', to: 'actorflow, async function*', atLeast: 0.85 },
  ],
}

export const threeProcesses: Workload = {
  name: 'three-processes',
  title: 'streamer -> map -> sink',
  figures: { itemsPerSecond: 'items/s' },
  baseline: 'raw',
  contenders: [
    raw('raw', '--hops', '2'),
    raw('raw, fed by an async generator', '--hops', '2', '--source', 'generator'),
    ours('async function*', '--map', 'map'),
    ours('function*', '--source', 'sync', '--map', 'map'),
    ours('function*, mapped by batches()', '--source', 'sync', '--map', 'mapBatches'),
  ],
  bars: [{ of: 'actorflow, async function*', to: 'raw', atLeast: 0.6 }],
}
