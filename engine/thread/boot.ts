import type { MessagePort } from 'node:worker_threads'
import { ActorProgram } from '../actor-program.ts'
import type { BootSpec } from '../boot-spec.ts'
import { setProcessRuntime } from '../current-actor.ts'
import { importFunctions } from '../import-functions.ts'
import { loadThreads } from '../late-builtins.ts'
import { leaveOutputToParent } from '../log-output.ts'
import { keepCompiledCode } from '../process/compiled-code.ts'
import { MessagePortConnection } from '../transports/message-port.ts'
import { portAddress } from '../transports/port-transport.ts'

/** Makes this thread an actor's, which it is from its start on. */
export function bootThread(): void {
  const { spec, port, parentReads } = loadThreads().workerData as {
    spec: BootSpec
    port: MessagePort
    parentReads: boolean
  }
  // The parent of this process reads what is on its stderr.
  if (parentReads) leaveOutputToParent()
  const program = new ActorProgram(spec, {
    link: new MessagePortConnection(port, 'the parent link'),
    listen: [portAddress(spec.self.id), `unix:${spec.tree.runDirectory}/${spec.self.id}.sock`],
    load: importFunctions,
    leave: (exitCode) => {
      keepCompiled()
      // Ends this thread only.
      process.exit(exitCode)
    },
  })
  setProcessRuntime(program.runtime)
  const keepCompiled = keepCompiledCode(program.runtime, 'thread')
  program.crashAtUncaught(spec.graces.terminateGraceMs)
}
