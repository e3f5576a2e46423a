/**
 * A tree of 13 actors, three levels deep, at work while its processes are killed, frozen and cut off from each other:
 * `npm run test:chaos -- --seconds 600 --seed 7`. Ends with exit code 1 if something went wrong that must not: an errand
 * that did not end, an item lost or repeated, an error of the wrong kind, an actor that crashed by itself, a call, process or
 * socket left over, memory that grew; or if nothing happened that could have gone wrong.
 */
import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { currentRuntime } from '../../engine/index.ts'
import { findActor, moveOnAfter, type Nursery, openNursery, type Portal, run, sleep } from '../../index.ts'
import branch from './branch.ts'
import { errands, runErrand, WrongItems } from './errands.ts'
import { type Damage, wreakHavoc } from './havoc.ts'
import { describeTree, findRemains, markProcesses, processesOfTree, untilNone } from './invariants.ts'
import leaf from './leaf.ts'
import { heapBytes } from './memory.ts'
import { codeOf, isExpected } from './outcomes.ts'
import { Random } from './random.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
})
const seconds = Number(values.seconds)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32))
if (!(seconds > 0) || !Number.isInteger(seed)) throw new Error('usage: chaos.ts [--seconds N] [--seed N]')

const heartbeat = { intervalMs: 250, limitMs: 3_000 }
const graces = { cancelGraceMs: 1_000, terminateGraceMs: 500 }
const freezeMs = 5_000
// The heartbeat limit, the graces and the time-outs of the errands themselves, on a machine that is busy.
const hangMs = 30_000
const workerCount = 6
const grewBytes = 4 * 2 ** 20

const branches = ['north', 'east', 'west'].map((name) => ({
  name,
  leaves: [`${name}-1`, `${name}-2`, `${name}-3`],
}))
const leaves = branches.flatMap((each) => each.leaves)
// The first is never killed: what it does not let go of would be seen.
const [spared = '', ...mortal] = branches.map(({ name }) => name)

type BranchPortal = Portal<typeof branch.functions>

const violations: string[] = []
const counts = { errands: 0, failed: 0, items: 0, branchRestarts: 0, leafRestarts: 0 }
const wellDone = new Map(errands.map(({ name }) => [name, 0]))
const endings = new Map<string, number>()
const damage: Damage = { kill: 0, killBranch: 0, freeze: 0, hiccup: 0, cut: 0 }

const increase = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1)

function violate(what: string): void {
  violations.push(what)
  process.stdout.write(`VIOLATION: ${what}\n`)
}

function finish(): void {
  const maps = { wellDone: Object.fromEntries(wellDone), endings: Object.fromEntries(endings) }
  process.stdout.write(`${JSON.stringify({ seed, ...counts, damage, ...maps })}\n`)
  process.stdout.write(violations.length === 0 ? 'clean\n' : `${violations.length} violations (seed ${seed})\n`)
  process.exitCode = violations.length === 0 ? 0 : 1
}

/** Something hangs: nothing after it can be waited for. Says who waits for whom, and ends the process. */
async function giveUp(what: string): Promise<never> {
  violate(what)
  process.stdout.write(await describeTree().catch((error: unknown) => `there is no dump: ${String(error)}\n`))
  finish()
  process.exit()
}

async function work(random: Random, until: number): Promise<void> {
  while (performance.now() < until) {
    // Drawn before anything can go wrong, so that every errand takes as many choices.
    const errand = random.pick(errands)
    const own = random.fork()
    const overdue = setTimeout(() => void giveUp(`${errand.name} did not end within ${hangMs} ms`), hangMs)
    try {
      const items = await runErrand(errand, own, leaves)
      if (items === undefined) await sleep(5)
      else {
        counts.errands += 1
        counts.items += items
        increase(wellDone, errand.name)
      }
    } catch (error) {
      const code = error instanceof WrongItems ? error.message : codeOf(error)
      if (!isExpected(code)) violate(`${errand.name} ended with ${code}\n${error instanceof Error ? error.stack : ''}`)
      counts.failed += 1
      increase(endings, code)
    } finally {
      clearTimeout(overdue)
    }
  }
}

/** Keeps a branch's leaves alive, through all that happens to the branch. */
async function tend(portal: BranchPortal, names: string[]): Promise<void> {
  for (;;) {
    try {
      await using held = await portal.openContext('keepLeaves', names)
      for await (const event of held.stream) {
        if (event.kind === 'restarted') counts.leafRestarts += 1
        else if (!isExpected(event.code)) violate(`${event.name} crashed with ${event.code}`)
      }
      await held.result()
    } catch (error) {
      const code = codeOf(error)
      if (!isExpected(code)) violate(`a branch failed with ${code}`)
    }
    await sleep(20)
  }
}

/** Waits until every leaf answers. */
async function untilAllAreThere(): Promise<void> {
  const { cancelled } = await moveOnAfter(2 * hangMs, async () => {
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
  if (cancelled) await giveUp(`the tree was not whole within ${2 * hangMs} ms`)
}

/** Work and havoc for so long. Then the errands end by themselves, the tree mends itself, and nothing of it all remains. */
async function phase(random: Random, ms: number): Promise<void> {
  const until = performance.now() + ms
  await openNursery(async (nursery) => {
    for (let n = 0; n < workerCount; n += 1) void nursery.startTask(() => work(random.fork(), until))
    const havoc = () => wreakHavoc(random.fork(), { branches: mortal, leaves, freezeMs, damage })
    void nursery.startTask(() => moveOnAfter(ms, havoc))
  })
  await untilAllAreThere()
  // Those that were frozen longest may have to be given up first.
  const remains = await untilNone(findRemains, freezeMs + 2 * heartbeat.limitMs + 5_000)
  if (remains.length > 0) violate(`this remains:\n  ${remains.join('\n  ')}`)
}

async function takeMemory(portal: BranchPortal): Promise<Record<string, number>> {
  return { 'the root': await heapBytes(), [`branch ${spared}`]: await portal.run('heapBytes') }
}

async function startBranches(nursery: Nursery): Promise<BranchPortal> {
  void nursery.startTask(async () => {
    for await (const event of nursery.events()) {
      if (event.kind === 'restarted') counts.branchRestarts += 1
      if (event.kind !== 'exited' || event.error === undefined) continue
      const code = codeOf(event.error)
      if (!isExpected(code)) violate(`${event.actor.name} crashed with ${code}`)
    }
  })
  const portals = await Promise.all(branches.map(({ name }) => nursery.startActor(name, branch)))
  for (const [at, portal] of portals.entries()) void nursery.startTask(() => tend(portal, branches[at]?.leaves ?? []))
  return portals[0] as BranchPortal
}

async function main(): Promise<void> {
  const random = new Random(seed)
  await openNursery(
    async (nursery) => {
      const longLiving = await startBranches(nursery)
      await untilAllAreThere()
      // What the heaps need for the work itself is there after the first of it.
      const warmUpMs = Math.min(20_000, seconds * 250)
      await phase(random, warmUpMs)
      const before = await takeMemory(longLiving)
      await phase(random, seconds * 1_000 - warmUpMs)
      for (const [who, after] of Object.entries(await takeMemory(longLiving))) {
        const [had, has] = [before[who] ?? 0, after].map((bytes) => (bytes / 2 ** 20).toFixed(1))
        process.stdout.write(`heap of ${who}: ${had} MiB, then ${has} MiB\n`)
        if (after - (before[who] ?? 0) > grewBytes) violate(`the heap of ${who} grew from ${had} to ${has} MiB`)
      }
      nursery.cancel('the time is over')
    },
    { restart: 'on-failure', maxRestarts: 1_000_000, backoff: { initialMs: 10, maxMs: 50 } },
  )
}

/** Whether there was anything to be seen: a chaos in which nothing happens has proved nothing. */
function checkThatItWasChaos(): void {
  if (counts.leafRestarts + counts.branchRestarts === 0) violate('nobody was ever started again')
  if (damage.kill === 0 || damage.freeze === 0 || damage.cut === 0) violate('there was no havoc')
  for (const [name, count] of wellDone) if (count === 0) violate(`${name} never ended well`)
}

process.stdout.write(`chaos: seed ${seed}, ${seconds} s\n`)
markProcesses()
const resources = () => process.getActiveResourcesInfo().filter((name) => !/Timeout|Immediate|FSReq/.test(name))
const resourceCountBefore = resources().length
let runDirectory = ''
await run(
  async () => {
    runDirectory = currentRuntime().tree.runDirectory
    const limitMs = seconds * 1_000 + 8 * hangMs
    const overdue = setTimeout(() => void giveUp(`the run did not end within ${limitMs} ms`), limitMs)
    try {
      await main()
    } finally {
      clearTimeout(overdue)
    }
  },
  { name: 'chaos', heartbeat, ...graces },
)
const left = await untilNone(processesOfTree, 5_000)
if (left.length > 0) violate(`processes were left: ${left.join(', ')}`)
if ((await readdir(runDirectory).catch(() => undefined)) !== undefined) violate(`${runDirectory} was left`)
const excess = await untilNone(async () => resources().slice(resourceCountBefore), 5_000)
if (excess.length > 0) violate(`handles were left: ${resources().join(', ')}`)
checkThatItWasChaos()
finish()
