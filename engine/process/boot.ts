import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { dumpOnSignal } from '../actor-lifetime.ts'
import { ActorProgram } from '../actor-program.ts'
import type { BootSpec } from '../boot-spec.ts'
import { setProcessRuntime } from '../current-actor.ts'
import { ChannelBrokenError, ContextCancelledError } from '../errors.ts'
import { importFunctions } from '../import-functions.ts'
import { leaveOutputToParent } from '../log-output.ts'
import { SocketConnection } from '../transports/socket-connection.ts'
import type { Tree } from '../tree.ts'
import { parentLinkFd, readBootLetter, readyMark } from './boot-letter.ts'
import { keepCompiledCode } from './compiled-code.ts'
import { ParentProcess, type SignOfEnd } from './parent-process.ts'
import { rehearse } from './rehearse.ts'
import { writeStderrAtOnce } from './stderr-at-once.ts'

/** Makes this process an actor's, once its parent has said which; until then it waits, or has ended if it will be nobody's. */
export async function bootProcess(): Promise<void> {
  // A terminal sends ctrl-c to every process of the tree: it is the root's to answer.
  process.on('SIGINT', () => undefined)
  process.on('SIGHUP', () => undefined)
  const parentProcess = new ParentProcess()
  const spec = await waitForSpec(parentProcess)
  if (spec === undefined) process.exit(0)
  await becomeActor(spec, parentProcess)
}

/** Who this process is to be. Undefined if it will not be anybody. */
async function waitForSpec(parentProcess: ParentProcess): Promise<BootSpec | undefined> {
  for (let preparedFor: Tree | undefined; ; ) {
    const letter = readBootLetter()
    if (letter === undefined) {
      if (preparedFor !== undefined) await parentProcess.tidyAfter(preparedFor, 'vanished')
      return undefined
    }
    if ('spec' in letter) return letter.spec
    preparedFor = letter.prepareFor
    await rehearse(preparedFor)
    try {
      writeSync(parentLinkFd, readyMark)
    } catch {
      // The parent has gone meanwhile: the next letter says so.
    }
    process.title = 'flow (warm)'
  }
}

async function becomeActor(spec: BootSpec, parentProcess: ParentProcess): Promise<void> {
  const { self, parent, tree } = spec
  const { cancelGraceMs, terminateGraceMs } = spec.graces
  // As of an actor whose process was started for it.
  process.argv.splice(2, Infinity, self.name, self.id)
  process.title = `flow ${self.name}`

  if (tree.log !== undefined) {
    leaveOutputToParent()
    writeStderrAtOnce((lostCount) =>
      program.runtime.log.warn('what it printed was lost: nobody read it', { lostCount }),
    )
  }

  // Before anything of the user's is loaded.
  const inspector = tree.debug ? await (await import('../debugger/open-inspector.ts')).openInspector(self) : undefined

  let terminated = false
  const signOfEnd = (): SignOfEnd => {
    const { reason } = program.runtime.scope
    if (reason instanceof ChannelBrokenError && reason.goodbye === undefined) return 'vanished'
    return terminated ? 'terminated' : 'none'
  }
  const leave = async (exitCode: number) => {
    await parentProcess.tidyAfter(tree, signOfEnd())
    await inspector?.close()
    keepCompiled()
    process.exit(exitCode)
  }

  const socket = new Socket({ fd: parentLinkFd, readable: true, writable: true, allowHalfOpen: true })
  const program = new ActorProgram(spec, {
    link: new SocketConnection(socket, 'the parent link'),
    listen: [`unix:${tree.runDirectory}/${self.id}.sock`],
    load: importFunctions,
    leave: (exitCode) => void leave(exitCode),
  })
  setProcessRuntime(program.runtime)
  dumpOnSignal(program.runtime)
  const keepCompiled = keepCompiledCode(program.runtime, 'process')
  // Whatever holds it up: it goes before its parent has to kill it.
  program.runtime.scope.onCancel(() => setTimeout(() => process.exit(1), cancelGraceMs + terminateGraceMs))

  process.on('SIGTERM', () => {
    terminated = true
    // Gone before SIGKILL comes: whoever waits for the exit then sees which of the two it took.
    setTimeout(() => process.exit(143), terminateGraceMs / 2).unref()
    void program.stop(new ContextCancelledError(parent, 'SIGTERM'), 143)
  })

  program.crashAtUncaught(terminateGraceMs)
}
