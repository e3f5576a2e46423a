/** The entry point of an actor's process; `process/launch.ts` starts it. */
import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { dumpOnSignal } from './actor-lifetime.ts'
import { ActorProgram } from './actor-program.ts'
import type { BootSpec } from './boot-spec.ts'
import { setProcessRuntime } from './current-actor.ts'
import { ContextCancelledError } from './errors.ts'
import { importFunctions } from './import-functions.ts'
import { bootVariable, parentLinkFd } from './process/launch.ts'
import { removeDeadSockets } from './run-directory.ts'
import { SocketConnection } from './transports/socket-connection.ts'

const spec = JSON.parse(process.env[bootVariable] ?? '{}') as BootSpec
delete process.env[bootVariable]
process.title = `flow ${spec.self.name}`

const { cancelGraceMs, terminateGraceMs } = spec.graces
let terminated = false
// The parent may be gone without a word heard of it: then another process has taken this one over.
const parentPid = process.ppid

// Before anything of the user's is loaded.
const inspector = spec.tree.debug
  ? await (await import('./debugger/open-inspector.ts')).openInspector(spec.self)
  : undefined

const socket = new Socket({ fd: parentLinkFd, readable: true, writable: true, allowHalfOpen: true })
const program = new ActorProgram(spec, {
  link: new SocketConnection(socket, 'the parent link'),
  listen: [`unix:${spec.tree.runDirectory}/${spec.self.id}.sock`],
  load: importFunctions,
  leave: (exitCode) => void leave(exitCode),
})
setProcessRuntime(program.runtime)
dumpOnSignal(program.runtime)
// Whatever holds it up: it goes before its parent has to kill it.
program.runtime.scope.onCancel(() => setTimeout(() => process.exit(1), cancelGraceMs + terminateGraceMs))

async function leave(exitCode: number): Promise<void> {
  const { runDirectory, ownsRunDirectory } = spec.tree
  if (await parentEnds()) await removeDeadSockets(runDirectory, { keepDirectory: !ownsRunDirectory })
  await inspector?.close()
  process.exit(exitCode)
}

/** Whether the parent has ended. A SIGTERM to the whole process group may end this process a moment before its parent. */
async function parentEnds(): Promise<boolean> {
  for (let tries = terminated ? 10 : 1; tries > 0; tries -= 1) {
    if (process.ppid !== parentPid) return true
    if (tries > 1) await delay(10)
  }
  return false
}

// A terminal sends ctrl-c to every process of the tree: it is the root's to answer.
process.on('SIGINT', () => undefined)
process.on('SIGHUP', () => undefined)
process.on('SIGTERM', () => {
  terminated = true
  // Gone before SIGKILL comes: whoever waits for the exit then sees which of the two it took.
  setTimeout(() => process.exit(143), terminateGraceMs / 2).unref()
  void program.stop(new ContextCancelledError(spec.parent, 'SIGTERM'), 143)
})

function crash(error: unknown): void {
  setTimeout(() => process.exit(1), terminateGraceMs)
  program.crash(error)
}
process.on('uncaughtException', crash)
process.on('unhandledRejection', crash)
