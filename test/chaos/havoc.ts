import { findActor, getRegistry, sleep } from '../../index.ts'
import leaf from './leaf.ts'
import type { Random } from './random.ts'

/** What was done to the tree so far. */
export type Damage = Record<'kill' | 'killBranch' | 'freeze' | 'hiccup' | 'cut', number>

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has gone already.
  }
}

/** Kills, freezes and cuts until it is cancelled. No process is left frozen. */
export async function wreakHavoc(
  random: Random,
  options: { branches: readonly string[]; leaves: readonly string[]; freezeMs: number; damage: Damage },
): Promise<void> {
  const { branches, leaves, freezeMs, damage } = options
  const pidOf = async (name: string) => {
    const registry = await getRegistry()
    return (await registry.find(name))?.pid
  }
  for (;;) {
    await sleep(random.between(20, 250))
    const kind = random.pick([
      'kill',
      'kill',
      'kill',
      'killBranch',
      'freeze',
      'hiccup',
      'hiccup',
      'cut',
      'cut',
    ] as const)
    const name = random.pick(kind === 'killBranch' ? branches : leaves)
    const chance = random.next()
    const pid = await pidOf(name)
    if (pid === undefined || pid === process.pid) continue
    // A whole branch goes down seldom: it takes a third of the tree along.
    if (kind === 'killBranch' && chance > 0.3) continue
    damage[kind] += 1
    switch (kind) {
      case 'kill':
      case 'killBranch':
        signal(pid, 'SIGKILL')
        break
      case 'freeze':
        // Longer than the heartbeat allows: it is killed meanwhile.
        signal(pid, 'SIGSTOP')
        setTimeout(signal, freezeMs, pid, 'SIGCONT')
        break
      case 'hiccup':
        signal(pid, 'SIGSTOP')
        setTimeout(signal, Math.floor(chance * 200), pid, 'SIGCONT')
        break
      case 'cut':
        await cut(name, Math.floor(chance * 10))
        break
      default:
        kind satisfies never
    }
  }
}

async function cut(name: string, at: number): Promise<void> {
  try {
    await (await findActor(name, leaf))?.with({ timeoutMs: 1_000 }).run('cutConnection', at)
  } catch {
    // It went before it could.
  }
}
