/** The entry point of an actor's process; `process/launch.ts` starts it. */
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { dumpOnSignal } from './actor-lifetime.ts'
import { ActorProgram } from './actor-program.ts'
import type { BootSpec } from './boot-spec.ts'
import { setProcessRuntime } from './current-actor.ts'
import { ChannelBrokenError, ContextCancelledError } from './errors.ts'
import { importFunctions } from './import-functions.ts'
import { leaveOutputToParent } from './log-output.ts'
import { parentLinkFd, readBootLetter, readyMark } from './process/boot-letter.ts'
import { compiledAfterMs, keepCompiledCode } from './process/compiled-code.ts'
import { rehearse } from './process/rehearse.ts'
import { writeStderrAtOnce } from './process/stderr-at-once.ts'
import { removeDeadSockets } from './run-directory.ts'
import { SocketConnection } from './transports/socket-connection.ts'
import type { Tree } from './tree.ts'

// A terminal sends ctrl-c to every process of the tree: it is the root's to answer.
process.on('SIGINT', () => undefined)
process.on('SIGHUP', () => undefined)
// The parent may be gone without a word heard of it: then another process has taken this one over.
const parentPid = process.ppid
// The system closes the links and sockets of a process that was killed before others take over its children. On a busy
// machine there is time in between.
const vanishedLookCount = 50

const spec = (await waitForSpec()) ?? process.exit(0)
const { self, parent, tree } = spec
// As of an actor whose process was started for it.
process.argv.splice(2, Infinity, self.name, self.id)
process.title = `flow ${self.name}`

const { cancelGraceMs, terminateGraceMs } = spec.graces
let terminated = false

if (tree.log !== undefined) {
  leaveOutputToParent()
  writeStderrAtOnce((lostCount) => program.runtime.log.warn('what it printed was lost: nobody read it', { lostCount }))
}

// Before anything of the user's is loaded.
const inspector = tree.debug ? await (await import('./debugger/open-inspector.ts')).openInspector(self) : undefined

const socket = new Socket({ fd: parentLinkFd, readable: true, writable: true, allowHalfOpen: true })
const program = new ActorProgram(spec, {
  link: new SocketConnection(socket, 'the parent link'),
  listen: [`unix:${tree.runDirectory}/${self.id}.sock`],
  load: importFunctions,
  leave: (exitCode) => void leave(exitCode),
})
setProcessRuntime(program.runtime)
dumpOnSignal(program.runtime)
// For those that start later, if this one is killed: by itself it would be written at an orderly end only.
setTimeout(keepCompiledCode, compiledAfterMs).unref()
// Whatever holds it up: it goes before its parent has to kill it.
program.runtime.scope.onCancel(() => setTimeout(() => process.exit(1), cancelGraceMs + terminateGraceMs))

/** Who this process is to be. Undefined if it will not be anybody. */
async function waitForSpec(): Promise<BootSpec | undefined> {
  for (let preparedFor: Tree | undefined; ; ) {
    const letter = readBootLetter()
    if (letter === undefined) {
      if (preparedFor !== undefined && (await parentEnds(vanishedLookCount))) await tidyAfter(preparedFor)
      return undefined
    }
    if ('spec' in letter) return letter.spec
    preparedFor = letter.prepareFor
    await rehearse(preparedFor)
    keepCompiledCode()
    try {
      writeSync(parentLinkFd, readyMark)
    } catch {
      // The parent has gone meanwhile: the next letter says so.
    }
    process.title = 'flow (warm)'
  }
}

async function leave(exitCode: number): Promise<void> {
  if (await parentEnds(lookCount())) await tidyAfter(tree)
  await inspector?.close()
  keepCompiledCode()
  process.exit(exitCode)
}

/** The parent has ended without doing so itself. */
async function tidyAfter({ runDirectory, ownsRunDirectory }: Tree): Promise<void> {
  await removeDeadSockets(runDirectory, { keepDirectory: !ownsRunDirectory })
}

/** How often to look whether the parent has ended: again and again where there is a sign of that. */
function lookCount(): number {
  const { reason } = program.runtime.scope
  if (reason instanceof ChannelBrokenError && reason.goodbye === undefined) return vanishedLookCount
  // Sent to the whole process group, a SIGTERM may end this process a moment before its parent.
  return terminated ? 10 : 1
}

/** Whether the parent has ended by that look; they are 10 ms apart. */
async function parentEnds(byLook: number): Promise<boolean> {
  for (let looks = 1; process.ppid === parentPid; looks += 1) {
    if (looks >= byLook) return false
    await delay(10)
  }
  return true
}

process.on('SIGTERM', () => {
  terminated = true
  // Gone before SIGKILL comes: whoever waits for the exit then sees which of the two it took.
  setTimeout(() => process.exit(143), terminateGraceMs / 2).unref()
  void program.stop(new ContextCancelledError(parent, 'SIGTERM'), 143)
})

function crash(error: unknown): void {
  setTimeout(() => process.exit(1), terminateGraceMs)
  program.crash(error)
}
process.on('uncaughtException', crash)
process.on('unhandledRejection', crash)
