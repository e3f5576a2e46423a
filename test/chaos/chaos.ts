/**
 * A tree of 13 actors, three levels deep, at work while its processes are killed, frozen and cut off from each other:
 * `npm run test:chaos -- --seconds 600 --seed 7`. Ends with exit code 1 if something went wrong that must not: an errand
 * that did not end, an item lost or repeated, an error of the wrong kind, a process or socket left over, memory that grew.
 */
import { readdir, readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { currentRuntime, requestDump } from '../../engine/index.ts'
import {
  currentSignal,
  FlowError,
  findActor,
  moveOnAfter,
  openNursery,
  RemoteActorError,
  run,
  sleep,
} from '../../index.ts'
import branch from './branch.ts'
import { runErrand, WrongItems } from './errands.ts'
import { type Damage, wreakHavoc } from './havoc.ts'
import leaf from './leaf.ts'
import { Random } from './random.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
})
const seconds = Number(values.seconds)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32))
if (!(seconds > 0) || !Number.isInteger(seed)) throw new Error('usage: chaos.ts [--seconds N] [--seed N]')

const heartbeat = { intervalMs: 250, limitMs: 1_500 }
const graces = { cancelGraceMs: 1_000, terminateGraceMs: 500 }
// The heartbeat limit, the graces and the time-outs of the errands themselves, on a machine that is busy.
const hangMs = 30_000
const workerCount = 6
const grewBytes = 64 * 2 ** 20

const branches = ['north', 'east', 'west'].map((name) => ({
  name,
  leaves: [`${name}-1`, `${name}-2`, `${name}-3`],
}))
const leaves = branches.flatMap((each) => each.leaves)

// How calls may end when those who serve them are killed, frozen or cut off.
const expectedCodes = new Set([
  'FLOW_ACTOR_EXIT',
  'FLOW_ACTOR_NOT_FOUND',
  'FLOW_ACTOR_TOO_SLOW',
  'FLOW_CHANNEL_BROKEN',
  'FLOW_CHANNEL_CLOSED',
  'FLOW_CONTEXT_CANCELLED',
  'FLOW_DEADLINE_EXCEEDED',
  'FLOW_SPAWN',
])

const violations: string[] = []
const counts = { errands: 0, failed: 0, items: 0, restarts: 0 }
const endings = new Map<string, number>()
const damage: Damage = { kill: 0, killBranch: 0, freeze: 0, hiccup: 0, cut: 0 }

function codeOf(error: unknown): string {
  if (error instanceof RemoteActorError) {
    const { cause } = error
    return FlowError.is(cause) ? codeOf(cause) : `${error.remoteName}: ${error.message}`
  }
  if (FlowError.is(error)) return error.code
  if (error instanceof AggregateError)
    return error.errors.map((each) => codeOf(each)).find(isUnexpected) ?? 'FLOW_ACTOR_EXIT'
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

const isUnexpected = (code: string): boolean => !expectedCodes.has(code)

function violate(what: string): void {
  violations.push(what)
  process.stdout.write(`VIOLATION: ${what}\n`)
}

async function work(random: Random): Promise<void> {
  for (;;) {
    const own = random.fork()
    const began = performance.now()
    const overdue = setTimeout(() => violate(`an errand did not end within ${hangMs} ms`), hangMs)
    try {
      const items = await runErrand(own, leaves)
      counts.errands += 1
      if (items === undefined) await sleep(5)
      else counts.items += items
    } catch (error) {
      if (error instanceof WrongItems) violate(error.message)
      if (currentSignal().aborted) return
      const code = codeOf(error)
      if (!(error instanceof WrongItems) && isUnexpected(code)) {
        violate(`an errand ended with ${code}\n${error instanceof Error ? error.stack : ''}`)
      }
      counts.failed += 1
      endings.set(code, (endings.get(code) ?? 0) + 1)
    } finally {
      clearTimeout(overdue)
    }
    if (performance.now() - began < 1) await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Keeps a branch's leaves alive, through all that happens to the branch. */
async function tend(portal: Awaited<ReturnType<typeof startBranch>>, names: string[]): Promise<void> {
  for (;;) {
    try {
      await using held = await portal.openContext('keepLeaves', names)
      await held.result()
    } catch (error) {
      const code = codeOf(error)
      if (isUnexpected(code)) violate(`a branch failed with ${code}`)
    }
    await sleep(20)
  }
}

const startBranch = (nursery: Parameters<Parameters<typeof openNursery>[0]>[0], name: string) =>
  nursery.startActor(name, branch)

/** Waits until every leaf answers. */
async function untilAllAreThere(): Promise<void> {
  const { cancelled } = await moveOnAfter(hangMs, async () => {
    for (const name of leaves) {
      for (;;) {
        try {
          const portal = await findActor(name, leaf)
          if ((await portal?.with({ timeoutMs: 3_000 }).run('add', 1, 1)) === 2) break
        } catch {
          // It is not up again yet.
        }
        await sleep(20)
      }
    }
  })
  if (cancelled) violate(`the tree was not whole again within ${hangMs} ms`)
}

async function residentBytes(): Promise<number> {
  ;(globalThis as { gc?: () => void }).gc?.()
  return process.memoryUsage.rss()
}

/** The contexts that the root has open, less those that keep the branches going. */
async function openContexts(): Promise<string[]> {
  const runtime = currentRuntime()
  const { channels } = await requestDump(runtime, { actor: runtime.self, addresses: runtime.addresses })
  return channels
    .flatMap(({ contexts }) => contexts)
    .filter(
      ({ functionName, side }) => !(side === 'callee' || functionName === 'keepLeaves' || functionName === 'dump'),
    )
    .map(({ functionName, waitsFor }) => `${functionName}: waits for ${waitsFor}`)
}

async function main(): Promise<void> {
  const random = new Random(seed)
  await openNursery(
    async (nursery) => {
      void nursery.startTask(async () => {
        for await (const event of nursery.events()) if (event.kind === 'restarted') counts.restarts += 1
      })
      for (const { name, leaves: names } of branches) {
        const portal = await startBranch(nursery, name)
        void nursery.startTask(() => tend(portal, names))
      }
      await untilAllAreThere()
      const phase = async (ms: number) => {
        await moveOnAfter(ms, () =>
          openNursery(async (inner) => {
            for (let n = 0; n < workerCount; n += 1) void inner.startTask(() => work(random.fork()))
            const names = { branches: branches.map(({ name }) => name), leaves }
            void inner.startTask(() => wreakHavoc(random.fork(), { ...names, freezeMs: 4_000, damage }))
          }),
        )
        await untilAllAreThere()
      }
      // What the heap needs for the work itself is there after the first of it.
      await phase(Math.min(20_000, seconds * 250))
      const before = await residentBytes()
      await phase(Math.max(1_000, seconds * 1_000 - Math.min(20_000, seconds * 250)))
      const after = await residentBytes()
      const grew = after - before
      process.stdout.write(
        `memory of the root: ${(before / 2 ** 20).toFixed(0)} MiB, then ${(after / 2 ** 20).toFixed(0)} MiB\n`,
      )
      if (grew > grewBytes) violate(`the root grew by ${(grew / 2 ** 20).toFixed(0)} MiB`)
      const open = await openContexts()
      if (open.length > 0) violate(`contexts were left open: ${open.join('; ')}`)
      nursery.cancel('the time is over')
    },
    { restart: 'on-failure', maxRestarts: 1_000_000, backoff: { initialMs: 10, maxMs: 50 } },
  )
}

/** The processes of this tree that still run, by the mark in their environment. */
async function processesLeft(): Promise<string[]> {
  const mark = `FLOW_CHAOS=${process.pid}`
  const left: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (environment.split('\0').includes(mark)) left.push(pid)
  }
  return left
}

process.stdout.write(`chaos: seed ${seed}, ${seconds} s\n`)
process.env['FLOW_CHAOS'] = String(process.pid)
const runDirectory: string[] = []
await run(
  async () => {
    runDirectory.push(currentRuntime().tree.runDirectory)
    await main()
  },
  { name: 'chaos', heartbeat, ...graces },
)
for (let tries = 0; tries < 50 && (await processesLeft()).length > 0; tries += 1) {
  await new Promise((resolve) => setTimeout(resolve, 100))
}
const left = process.platform === 'linux' ? await processesLeft() : []
if (left.length > 0) violate(`processes were left: ${left.join(', ')}`)
for (const directory of runDirectory) {
  if ((await readdir(directory).catch(() => undefined)) !== undefined) violate(`${directory} was left`)
}
const handles = process.getActiveResourcesInfo().filter((name) => !/TTY|PipeWrap|FSReq|Timeout|Immediate/.test(name))
if (handles.length > 0) violate(`handles were left: ${handles.join(', ')}`)
process.stdout.write(`${JSON.stringify({ seed, ...counts, damage, endings: Object.fromEntries(endings) })}\n`)
process.stdout.write(violations.length === 0 ? 'clean\n' : `${violations.length} violations (seed ${seed})\n`)
process.exitCode = violations.length === 0 ? 0 : 1
