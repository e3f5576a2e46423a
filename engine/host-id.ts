import { readFileSync, readlinkSync } from 'node:fs'
import { loadOs } from './late-builtins.ts'

/** Which host, network and files a process sees. Two texts that are equal are the same. */
interface Surroundings {
  readonly network: string
  readonly files: string
}

let known: string | undefined

/**
 * Which host this process is on, by more than its name: names are not unique, and containers of one machine that share theirs
 * have networks of their own. The boot of the machine, the network and the files that this process sees; where the system does
 * not say that, the name of the host.
 */
export function hostId(): string {
  known ??= find()
  return known
}

function find(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    const [network, files] = ['net', 'mnt'].map((name) => /\d+/.exec(readlinkSync(`/proc/self/ns/${name}`))?.[0])
    return `${boot}/${network}/${files}`
  } catch {
    return loadOs().hostname()
  }
}

/** Whether loopback addresses mean the same to two processes. */
export function isSameHost(a: string, b: string): boolean {
  return surroundingsOf(a).network === surroundingsOf(b).network
}

/** Whether paths of sockets do, too. */
export function hasSameFiles(a: string, b: string): boolean {
  return isSameHost(a, b) && surroundingsOf(a).files === surroundingsOf(b).files
}

function surroundingsOf(id: string): Surroundings {
  const [boot = '', network = '', files = ''] = id.split('/')
  return { network: `${boot}/${network}`, files }
}
