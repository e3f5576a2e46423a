import { constants, copyFileSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

/** What keeps other processes from recording to a file. */
export interface RecordingLock {
  /** Why nobody is kept from it, where no lock can be made. */
  readonly missing?: string
  release(): void
}

/** Who records to a file; as long as that lives, nobody else does. */
interface Holder {
  readonly pid: number
  readonly host: string
  /** When the process began, where the system says so: its id may be another's later. */
  readonly began?: string
}

// Two that find a stale lock get in each other's way for an instant.
const maxTryCount = 20
const retryAfterMs = 10

/**
 * Makes this process the one that records to the file, until it releases the lock or exits: by a file beside it, `<path>.lock`,
 * that says who it is. One that a dead process has left does not count. Throws an Error that names the process if another one
 * records to the file. Where no lock can be made, as in a folder that may not be written, there is none.
 */
export async function lockRecording(path: string): Promise<RecordingLock> {
  const lock = `${path}.lock`
  for (let tries = 1; ; tries += 1) {
    try {
      create(lock)
      return hold(lock)
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      refuseWhileHeld(lock, { path, cause })
      if (code !== 'EEXIST') return { missing: message, release: () => undefined }
      if (tries === maxTryCount) {
        throw new Error(`if nobody records to ${path}, remove ${lock} and ${broomOf(lock)}`, { cause })
      }
    }
    removeStale(lock)
    await delay(retryAfterMs)
  }
}

function hold(lock: string): RecordingLock {
  const release = () => {
    process.off('exit', release)
    rmSync(lock, { force: true })
  }
  process.on('exit', release)
  return { release }
}

/** Throws EEXIST if there is one. A link is there at once with all that is in the file: nobody sees half of it. */
function create(lock: string): void {
  const { pid } = process
  const began = processStatus(pid)?.began
  const self: Holder = { pid, host: hostname(), ...(began !== undefined && { began }) }
  const own = `${lock}.${pid}`
  try {
    writeFileSync(own, JSON.stringify(self))
    linkSync(own, lock)
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (syscall !== 'link' || code === 'EEXIST') throw error
    // There are file systems without links.
    copyFileSync(own, lock, constants.COPYFILE_EXCL)
  } finally {
    rmSync(own, { force: true })
  }
}

function refuseWhileHeld(lock: string, { path, cause }: { readonly path: string; readonly cause: unknown }): void {
  const holder = parseHolder(tryRead(lock))
  if (holder === undefined) return
  const life = lifeOf(holder)
  if (life === 'over') return
  const { pid, host } = holder
  const where = host === hostname() ? '' : ` on ${host}`
  const otherwise = life === 'unknown' ? `, or remove ${lock} if it does not` : ''
  throw new Error(`process ${pid}${where} records to ${path} now: name another file${otherwise}`, { cause })
}

const broomOf = (lock: string): string => `${lock}.stale`

/** Who has the broom looks again, so that nobody removes what another has put in the place of a stale lock. Never throws. */
function removeStale(lock: string): void {
  const broom = broomOf(lock)
  try {
    create(broom)
  } catch {
    return
  }
  try {
    const text = tryRead(lock)
    const holder = parseHolder(text)
    if (text !== undefined && (holder === undefined || lifeOf(holder) === 'over')) rmSync(lock, { force: true })
  } catch {
    // What may not be removed stays, and is said in the end.
  } finally {
    rmSync(broom, { force: true })
  }
}

/** Undefined where there is nothing. Throws an Error that names the lock if it cannot be read. */
function tryRead(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENAMETOOLONG') return undefined
    throw new Error(`cannot see who has made ${lock}: ${message}`, { cause })
  }
}

/** Undefined for what no process has written to its end. */
function parseHolder(text: string | undefined): Holder | undefined {
  try {
    const { pid, host, began } = JSON.parse(text ?? '{}') as Partial<Holder>
    if (!Number.isSafeInteger(pid) || typeof host !== 'string') return undefined
    return { pid: pid as number, host, ...(began !== undefined && { began }) }
  } catch {
    return undefined
  }
}

/** Of a process on another host nobody here can tell. Where no system says when one began, an id may be another's by now. */
function lifeOf({ pid, host, began }: Holder): 'over' | 'lives' | 'unknown' {
  if (host !== hostname()) return 'unknown'
  const status = processStatus(pid)
  if (status?.isZombie === true) return 'over'
  if (status !== undefined && began !== undefined) return status.began === began ? 'lives' : 'over'
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Otherwise it is another user's.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'over'
  }
  return 'unknown'
}

/** What Linux says of a process; undefined elsewhere. */
function processStatus(pid: number): { readonly isZombie: boolean; readonly began: string | undefined } | undefined {
  try {
    // Behind the name, which may have spaces and brackets in it, are the state and, as the 20th, the time of its start.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return { isZombie: fields[0] === 'Z', began: fields[19] }
  } catch {
    return undefined
  }
}
