import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { ensureProgram } from './needed-program.ts'

const run = promisify(execFile)

/** A host of its own: a network namespace with a name and an address, on a switch with the others. */
export interface NetworkHost {
  readonly name: string
  readonly address: string
  /** Starts a program on it. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess
  /** Pulls the plug (`down`), or has the switch pass on nothing, without a word (`silent`). */
  cut(how: 'down' | 'silent'): Promise<void>
  mend(): Promise<void>
}

/** Hosts that are connected with each other and with nothing else. */
export interface Network extends AsyncDisposable {
  readonly hosts: readonly NetworkHost[]
}

/** What keeps a namespace: a process in it that does nothing, and ends with this one however that ends. */
interface Anchor {
  readonly pid: string
  end(): Promise<void>
}

async function openAnchor(name: string): Promise<Anchor> {
  // Of the files, too: what is mounted on a host is its own. `cat` ends when nobody can write to it any more.
  const script = 'hostname "$0" && ip link set lo up && echo there && exec cat'
  const child = spawn('unshare', ['--net', '--uts', '--mount', 'sh', '-c', script, name], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Not one of the processes that a test starts.
    env: { PATH: searchPath },
  })
  let complaint = ''
  child.stderr.on('data', (chunk) => (complaint += String(chunk)))
  const exited = once(child, 'exit')
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), exited])) as [unknown]
  if (line !== 'there') throw new Error(`no network namespace can be made: ${complaint.trim()}`)
  return {
    pid: String(child.pid),
    async end() {
      child.stdin.end()
      await exited
    },
  }
}

// Where `ip` is, which is not always on PATH.
const searchPath = `${process.env['PATH']}:/usr/sbin:/sbin`

async function inNamespace({ pid }: Anchor, ...command: string[]): Promise<void> {
  await run('nsenter', ['--target', pid, '--net', '--', ...command], { env: { PATH: searchPath } })
}

/**
 * Makes hosts of these names. They have no names in the system and no part in this host's network: the kernel takes them away
 * with the last process in them. Throws where that may not be done: it takes Linux, root and iproute2.
 */
export async function openNetwork(names: readonly string[]): Promise<Network> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error('this takes root on Linux')
  await ensureProgram({ name: 'ip', aptPackage: 'iproute2' })
  const anchors: Anchor[] = []
  const end = async () => void (await Promise.all(anchors.map((anchor) => anchor.end())))
  const open = async (name: string) => {
    const anchor = await openAnchor(name)
    anchors.push(anchor)
    return anchor
  }
  try {
    const middle = await open('switch')
    await inNamespace(middle, 'ip', 'link', 'add', 'br0', 'type', 'bridge')
    await inNamespace(middle, 'ip', 'link', 'set', 'br0', 'up')
    const hosts: NetworkHost[] = []
    for (const name of names)
      hosts.push(await connectHost(await open(name), name, { middle, number: hosts.length + 1 }))
    return { hosts, [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  }
}

async function connectHost(
  host: Anchor,
  name: string,
  { middle, number }: { readonly middle: Anchor; readonly number: number },
): Promise<NetworkHost> {
  const [port, address] = [`port${number}`, `10.77.0.${number}`]
  await inNamespace(middle, 'ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host.pid)
  await inNamespace(host, 'ip', 'address', 'add', `${address}/24`, 'dev', 'eth0')
  await inNamespace(host, 'ip', 'link', 'set', 'eth0', 'up')
  const mend = () => inNamespace(middle, 'ip', 'link', 'set', port, 'master', 'br0', 'up')
  await mend()
  return {
    name,
    address,
    spawn(command, args, options) {
      const enter = ['--target', host.pid, '--net', '--uts', '--mount', `--wd=${process.cwd()}`, '--']
      // Ends with the tests, however those end.
      return spawn('nsenter', [...enter, 'setpriv', '--pdeathsig', 'KILL', '--', command, ...args], options)
    },
    cut: (how) => inNamespace(middle, 'ip', 'link', 'set', port, ...(how === 'down' ? ['down'] : ['nomaster'])),
    mend,
  }
}
