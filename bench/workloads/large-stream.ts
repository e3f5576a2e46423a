import type { Workload } from '../harness/workload.ts'
import { largeStreamRivals } from './rivals.ts'

const args = ['--size', '65536', '--count', '16000']

export const largeStream: Workload = {
  name: 'large-stream',
  title: 'buffers of 64 KiB from process to process',
  figures: { mbPerSecond: 'MB/s' },
  baseline: 'raw',
  contenders: [
    { name: 'raw', program: 'raw/stream.ts', args },
    { name: 'raw, bytes that are not packed', program: 'raw/bytes.ts', args },
    { name: 'actorflow', program: 'actorflow/stream.ts', args },
    { name: 'actorflow, in a thread', program: 'actorflow/stream.ts', args: [...args, '--spawn', 'thread'] },
    {
      name: 'actorflow, in a thread, transfer(bytes)',
      program: 'actorflow/stream.ts',
      args: [...args, '--spawn', 'thread', '--source', 'given'],
    },
    ...largeStreamRivals,
  ],
  bars: [
    { of: 'actorflow', to: 'raw', atLeast: 0.8 },
    { of: 'actorflow, in a thread, transfer(bytes)', to: 'actorflow', atLeast: 2 },
  ],
}
