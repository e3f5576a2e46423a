import { ActorRuntime } from '../../engine/actor-runtime.ts'
import { serveStart } from '../../engine/callee.ts'
import type { Functions } from '../../engine/definition.ts'
import type { ActorId } from '../../engine/errors.ts'
import { Portal } from '../../engine/portal.ts'
import { runInScope } from '../../engine/scope.ts'
import { defaultHeartbeat, defaultLimits, type Tree } from '../../engine/tree.ts'
import { type MemoryConnection, memoryConnectionPair } from './memory-connection.ts'

/** Two actors in this process, with a channel between them and nothing else of the machine. */
export interface MemoryActors<F extends Functions> {
  readonly caller: ActorRuntime
  readonly callee: ActorRuntime
  readonly connection: MemoryConnection
  /** The caller's portal to the callee. */
  readonly portal: Portal<F>
  /** Runs as a task of the caller. */
  run<T>(fn: () => T): T
}

export function openMemoryActors<F extends Functions>(
  functions: F,
  options: { cancelGraceMs?: number } = {},
): MemoryActors<F> {
  const caller = createRuntime({ name: 'caller', id: 'c1' }, options)
  const callee = createRuntime({ name: 'callee', id: 'd1' }, options)
  callee.services.set('', functions)
  const [left, right] = memoryConnectionPair()
  caller.channels.open(left, { opener: true, peer: callee.self, link: true })
  callee.channels.open(right, { opener: false, peer: caller.self, link: true })
  const actors: MemoryActors<F> = {
    caller,
    callee,
    connection: left,
    portal: new Portal<F>({ actor: callee.self, addresses: [] }),
    run: (fn) => runInScope(caller.scope, fn),
  }
  return actors
}

function createRuntime(self: ActorId, options: { cancelGraceMs?: number }): ActorRuntime {
  const graces = { cancelGraceMs: options.cancelGraceMs ?? 5_000, terminateGraceMs: 2_000 }
  const tree: Tree = {
    host: 'localhost',
    runDirectory: '/nowhere',
    ownsRunDirectory: false,
    registryModule: 'none:',
    attached: [],
    limits: { ...defaultLimits, maxFrameBytes: 1024 * 1024 },
    heartbeat: defaultHeartbeat,
    busyPollUs: 0,
    debug: false,
  }
  return new ActorRuntime({ self, graces, childGraces: undefined, tree }, serveStart)
}
