/** The entry point of an actor's process; `process/launch.ts` starts it. */
import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { bringUp, createRuntime, serveActorService, serveDefinition, stopRuntime } from './actor-lifetime.ts'
import { setProcessRuntime } from './actor-runtime.ts'
import type { BootRequest, BootSpec } from './boot-spec.ts'
import { ContextCancelledError } from './errors.ts'
import { bootVariable, parentLinkFd } from './process/launch.ts'
import { removeDeadSockets } from './run-directory.ts'
import { SocketConnection } from './transports/socket-connection.ts'

const spec = JSON.parse(process.env[bootVariable] ?? '{}') as BootSpec
delete process.env[bootVariable]
process.title = `flow ${spec.self.name}`

const runtime = createRuntime(spec)
setProcessRuntime(runtime)
let stopping = false
let terminated = false
// The parent may be gone without a word heard of it: then another process has taken this one over.
const parentPid = process.ppid

const socket = new Socket({ fd: parentLinkFd, readable: true, writable: true, allowHalfOpen: true })
const link = runtime.openChannel(new SocketConnection(socket, 'the parent link'), {
  opener: false,
  peer: spec.parent,
  // However the parent ended: no actor outlives it.
  onGone: (error) => void stop(error, 1),
})
serveActorService(runtime, { boot }, (reason) => void stop(reason, 0))

async function boot(request: BootRequest): Promise<readonly string[]> {
  await link.greeted
  await bringUp(runtime)
  await serveDefinition(runtime, request)
  return runtime.addresses
}

async function stop(reason: Error, exitCode: number): Promise<void> {
  if (stopping) return
  stopping = true
  const { cancelGraceMs, terminateGraceMs } = spec.graces
  setTimeout(() => process.exit(exitCode || 1), cancelGraceMs + terminateGraceMs)
  try {
    await stopRuntime(runtime, reason)
    if (await parentEnds()) await removeDeadSockets(spec.runDirectory)
  } catch (error) {
    process.stderr.write(`actorflow: actor '${spec.self.name}' (${spec.self.id}) while it ended: ${String(error)}\n`)
  }
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
  setTimeout(() => process.exit(143), spec.graces.terminateGraceMs / 2).unref()
  void stop(new ContextCancelledError(spec.parent, 'SIGTERM'), 143)
})

function crash(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`actorflow: uncaught error in actor '${spec.self.name}' (${spec.self.id}): ${text}\n`)
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  setTimeout(() => process.exit(1), spec.graces.terminateGraceMs)
  void stop(error instanceof Error ? error : new Error(message), 1)
  void link.close(`it crashed: ${message}`)
}
process.on('uncaughtException', crash)
process.on('unhandledRejection', crash)
