import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type ActorDump, currentRuntime, formatDump, requestDump, type SilentActor } from '../../engine/index.ts'

const mark = `FLOW_CHAOS=${process.pid}`

/** Marks the processes of this tree, by their environment. To be called before there is one. */
export function markProcesses(): void {
  process.env['FLOW_CHAOS'] = String(process.pid)
}

/** The processes of this tree that run, this one excepted; known on Linux only. */
export async function processesOfTree(): Promise<number[]> {
  const names = await readdir('/proc').catch(() => [])
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number)
  const marked = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
      return environment.split('\0').includes(mark) ? [pid] : []
    }),
  )
  return marked.flat().filter((pid) => pid !== process.pid)
}

async function dumpTree(): Promise<ActorDump> {
  const runtime = currentRuntime()
  return await requestDump(runtime, { actor: runtime.self, addresses: runtime.addresses }, { timeoutMs: 10_000 })
}

export async function describeTree(): Promise<string> {
  return formatDump(await dumpTree())
}

type Node = ActorDump | SilentActor

const withAllBelow = (node: Node): Node[] => [node, ...('children' in node ? node.children.flatMap(withAllBelow) : [])]

/**
 * What a tree has at a time when nothing is asked of it and nothing is done to it, and should not have: actors that do not
 * answer, processes that are no actor's, calls other than the one that keeps each branch's leaves, registrations of actors
 * that are no more. Each as a line; none if the tree is at rest.
 */
export async function findRemains(): Promise<string[]> {
  const running = await processesOfTree()
  const root = await dumpTree()
  const actors = withAllBelow(root)
  const known = new Set(actors.map(({ pid }) => pid))
  const orphans = running.filter((pid) => !known.has(pid)).map((pid) => `process ${pid} is no actor's`)
  const perActor = actors.flatMap((node) => {
    if ('silent' in node) return [`${node.actor.name} does not answer: ${node.silent}`]
    const contexts = node.channels.flatMap((channel) => channel.contexts)
    return contexts
      .filter(({ functionName, service }) => functionName !== 'keepLeaves' && service === '')
      .map(({ functionName, side, waitsFor }) => `${node.actor.name}: ${functionName} (${side}) waits for ${waitsFor}`)
  })
  const registered = root.channels
    .flatMap(({ contexts }) => contexts)
    .filter(({ service, side }) => service === 'registry' && side === 'callee').length
  const tooMany = registered > actors.length - 1 ? [`${registered} registrations of ${actors.length - 1} actors`] : []
  return [...orphans, ...perActor, ...tooMany]
}

/** Looks again and again until there is nothing of it left; returns what there still is when the time is over. */
export async function untilNone<T>(find: () => Promise<readonly T[]>, withinMs: number): Promise<readonly T[]> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const left = await find()
    if (left.length === 0 || performance.now() > deadline) return left
    await delay(50)
  }
}
