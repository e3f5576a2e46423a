import { constants, copyFileSync, existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** Who records to a file; as long as that lives, nobody else does. */
interface Holder {
  readonly pid: number
  readonly host: string
  /** When the process began, where the system says so: its id may be another's later. */
  readonly began?: string
}

const taken = new Set<string>()

/**
 * Makes this process the one that records to the file, until it exits: by a file beside it, `<path>.lock`, that says who it is.
 * One that a dead process has left does not count. Throws an Error that names the process if another one records to the file.
 */
export function lockRecording(path: string): void {
  const lock = `${path}.lock`
  if (taken.has(lock)) return
  while (!tryCreate(lock)) removeStale(lock, path)
  if (taken.size === 0) process.on('exit', releaseAll)
  taken.add(lock)
}

function releaseAll(): void {
  for (const lock of taken) rmSync(lock, { force: true })
}

function tryCreate(lock: string): boolean {
  const { pid } = process
  const began = startOf(pid)
  const self: Holder = { pid, host: hostname(), ...(began !== undefined && { began }) }
  const own = `${lock}.${pid}`
  writeFileSync(own, JSON.stringify(self))
  try {
    return tryLink(own, lock)
  } finally {
    rmSync(own, { force: true })
  }
}

/** A link is there at once with all that is in the file: nobody sees half of it, as of one that is being written. */
function tryLink(own: string, lock: string): boolean {
  try {
    linkSync(own, lock)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' || existsSync(lock)) return false
    // There are file systems without links.
    copyFileSync(own, lock, constants.COPYFILE_EXCL)
    return true
  }
}

/** Throws if whoever holds it lives. */
function removeStale(lock: string, path: string): void {
  const text = tryRead(lock)
  if (text === undefined) return
  const holder = parseHolder(text)
  if (holder !== undefined && isAlive(holder)) {
    const { pid, host } = holder
    const where = host === hostname() ? '' : ` on ${host} (if that has ended, remove ${lock})`
    throw new Error(`process ${pid}${where} records to ${path} now: name another file`)
  }
  // Two may find it stale at once: what is moved away is looked at before it is thrown away.
  const aside = `${lock}.${process.pid}`
  try {
    renameSync(lock, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (tryRead(aside) === text) rmSync(aside, { force: true })
  else renameSync(aside, lock)
}

function tryRead(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Undefined for what no process has written to its end. */
function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, host, began } = JSON.parse(text) as Partial<Holder>
    if (!Number.isSafeInteger(pid) || typeof host !== 'string') return undefined
    return { pid: pid as number, host, ...(began !== undefined && { began }) }
  } catch {
    return undefined
  }
}

/** Of a process on another host, nobody here can tell. */
function isAlive({ pid, host, began }: Holder): boolean {
  if (host !== hostname()) return true
  try {
    process.kill(pid, 0)
  } catch (error) {
    // It is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return began === undefined || startOf(pid) === began
}

/** When a process began, in the words of Linux; undefined elsewhere. */
function startOf(pid: number): string | undefined {
  // Behind the name, which may have spaces and brackets in it, it is the 20th field.
  return tryRead(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ')[19]
}
