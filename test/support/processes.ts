import { readdir, readFile } from 'node:fs/promises'

/** A process of the machine that runs now; one that has ended and was not yet reaped does not count. */
export interface RunningProcess {
  readonly pid: number
  readonly parentPid: number
  readonly command: string
  readonly residentBytes: number
}

/** The processes that were started with this temporary directory: everything that a test has started, orphans too. */
export async function processesOf(temporaryDirectory: string): Promise<RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const all = await Promise.all(pids.map((pid) => readProcess(pid, `TMPDIR=${temporaryDirectory}\0`)))
  return all.filter((each) => each !== undefined)
}

async function readProcess(pid: string, variable: string): Promise<RunningProcess | undefined> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8')
    if (!environment.includes(variable)) return undefined
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim()
    return {
      pid: Number(pid),
      parentPid: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]),
      command,
      residentBytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024,
    }
  } catch {
    // It has ended meanwhile, or is another user's.
    return undefined
  }
}
