import type { BootSpec } from '../boot-spec.ts'
import { threadEntry } from '../entry-points.ts'
import { loadThreads } from '../late-builtins.ts'
import type { Exit, Launched } from '../launched.ts'
import { isOutputLeftToParent } from '../log-output.ts'
import { environmentFor, type LaunchOptions } from '../process/start.ts'
import { MessagePortConnection } from '../transports/message-port.ts'

/** Starts the thread of an actor. It does nothing but wait for its parent until it is told to boot. */
export function launchThread(spec: BootSpec, options: LaunchOptions): Launched {
  const { MessageChannel, Worker } = loadThreads()
  const { port1, port2 } = new MessageChannel()
  const printsToStderr = options.stdout === 'stderr' || options.stdout === 'reserved'
  const worker = new Worker(threadEntry, {
    name: `flow ${spec.self.name}`,
    workerData: { spec, port: port2, parentReads: isOutputLeftToParent() },
    transferList: [port2],
    env: environmentFor(options),
    stdout: printsToStderr,
    ...(options.execArgv === undefined ? {} : { execArgv: [...options.execArgv] }),
  })
  if (printsToStderr) worker.stdout.pipe(process.stderr, { end: false })
  const link = new MessagePortConnection(port1, `the link to '${spec.self.name}'`)
  const terminate = () => void worker.terminate()
  let terminated = false
  const exited = new Promise<Exit>((resolve) => {
    let failure: Error | undefined
    worker.once('error', (error) => {
      failure = error
    })
    worker.once('exit', (exitCode) => {
      link.destroy()
      // As a killed process has no exit code, but the signal that ended it.
      if (terminated) resolve({ exitCode: null, signal: 'SIGKILL' })
      else resolve(failure === undefined ? { exitCode, signal: null } : { exitCode, signal: null, failure })
    })
  })
  const kill = () => {
    terminated = true
    terminate()
  }
  return {
    pid: process.pid,
    link,
    exited,
    // There is nothing between asking a thread and terminating it.
    steps: ({ cancelGraceMs, terminateGraceMs }) => [
      { name: 'worker.terminate()', afterMs: cancelGraceMs + terminateGraceMs, take: kill },
    ],
    kill,
  }
}
