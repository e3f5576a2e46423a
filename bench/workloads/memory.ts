import type { Workload } from '../harness/workload.ts'

const execArgv = ['--expose-gc']

export const idleContexts: Workload = {
  name: 'idle-contexts',
  title: 'what each of 1,000 contexts takes that are open and do nothing',
  figures: {
    callerHeapBytes: 'bytes',
    calleeHeapBytes: 'bytes',
    callerResidentBytes: 'bytes',
    calleeResidentBytes: 'bytes',
  },
  baseline: 'actorflow',
  contenders: [{ name: 'actorflow', program: 'actorflow/idle-contexts.ts', args: ['--count', '1000'], execArgv }],
}

const mostMiB = 16

export const stalledStream: Workload = {
  name: 'stalled-stream',
  title: 'how memory grows while a consumer does not read 10 million items',
  figures: { callerMiB: 'MiB', calleeMiB: 'MiB' },
  baseline: 'actorflow',
  contenders: [{ name: 'actorflow', program: 'actorflow/stalled.ts', execArgv }],
  bars: [
    { of: 'actorflow', figure: 'callerMiB', atMost: mostMiB },
    { of: 'actorflow', figure: 'calleeMiB', atMost: mostMiB },
  ],
}
