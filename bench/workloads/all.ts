import type { Workload } from '../harness/workload.ts'
import { aggregate } from './aggregate.ts'
import { fairness } from './fairness.ts'
import { hops } from './hops.ts'
import { largeStream } from './large-stream.ts'
import { idleContexts, stalledStream } from './memory.ts'
import { pacedStream } from './paced-stream.ts'
import { pipelineFile, pipelineFileShared } from './pipeline-file.ts'
import { manyShapes, oneShape, someShapes } from './shapes.ts'
import { smallStream, threeProcesses } from './small-stream.ts'
import { spawn } from './spawn.ts'
import { timers } from './timers.ts'
import { tracing, tracingAtWork, tracingThreeProcesses } from './tracing.ts'
import { unary, unaryConcurrent } from './unary.ts'

/** In the order in which they are run and shown. */
export const workloads: readonly Workload[] = [
  smallStream,
  threeProcesses,
  largeStream,
  unary,
  unaryConcurrent,
  pacedStream,
  spawn,
  pipelineFile,
  pipelineFileShared,
  fairness,
  timers,
  aggregate,
  hops,
  idleContexts,
  stalledStream,
  oneShape,
  someShapes,
  manyShapes,
  tracing,
  tracingAtWork,
  tracingThreeProcesses,
]
