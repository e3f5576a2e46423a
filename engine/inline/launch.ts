import { ActorProgram } from '../actor-program.ts'
import type { BootSpec } from '../boot-spec.ts'
import type { Definition, Functions } from '../definition.ts'
import type { Exit, Launched } from '../launched.ts'
import { memoryAddress, memoryConnectionPair } from '../transports/memory.ts'

/**
 * Makes an actor in this thread: same functions, same copies of what passes, no process. It cannot be made to end, only
 * left: what of it still runs when its grace is over is reported and no longer waited for.
 */
export function launchInline(spec: BootSpec, definition: Definition<Functions>): Launched {
  const [link, theirs] = memoryConnectionPair(`the link to '${spec.self.name}'`)
  const { promise: exited, resolve } = Promise.withResolvers<Exit>()
  const program = new ActorProgram(spec, {
    link: theirs,
    listen: [memoryAddress(spec.self.id), `unix:${spec.tree.runDirectory}/${spec.self.id}.sock`],
    // It is here already; importing it once more would wait for ever for a main module that waits for this.
    load: async () => definition.functions,
    leave: (exitCode) => resolve({ exitCode, signal: null }),
  })
  const abandon = () => {
    theirs.destroy()
    // Nobody is to find it any more.
    void program.runtime.channels.close('it was left to itself')
    resolve({ exitCode: null, signal: 'SIGKILL' })
  }
  return {
    pid: process.pid,
    link,
    exited,
    steps: ({ cancelGraceMs, terminateGraceMs }) => [
      {
        name: 'nothing more: what runs of it is left to itself',
        afterMs: cancelGraceMs + terminateGraceMs,
        take: abandon,
      },
    ],
    kill: abandon,
  }
}
