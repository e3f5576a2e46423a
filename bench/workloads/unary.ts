import type { Workload } from '../harness/workload.ts'
import { unaryRivals } from './rivals.ts'

const figures = { callsPerSecond: 'calls/s', p50Us: 'us', p99Us: 'us' }

const contenders = (args: readonly string[]) => [
  { name: 'raw, a write per call', program: 'raw/unary.ts', args },
  { name: 'actorflow', program: 'actorflow/unary.ts', args },
  { name: 'actorflow, in a thread', program: 'actorflow/unary.ts', args: [...args, '--spawn', 'thread'] },
]

export const unary: Workload = {
  name: 'unary',
  title: 'calls, one after the other',
  figures,
  baseline: 'raw, a write per call',
  contenders: [...contenders(['--count', '12000', '--in-flight', '1']), ...unaryRivals(1)],
  bars: [{ of: 'actorflow', to: 'raw, a write per call', figure: 'p50Us', atMost: 1.15 }],
}

export const unaryConcurrent: Workload = {
  name: 'unary-concurrent',
  title: 'calls, 100 at a time',
  figures,
  baseline: 'raw, a write per call',
  contenders: [...contenders(['--count', '200000', '--in-flight', '100']), ...unaryRivals(100)],
  bars: [{ of: 'actorflow', to: 'raw, a write per call', atLeast: 1.2 }],
}
