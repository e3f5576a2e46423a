import { chmodSync, mkdtempSync } from 'node:fs'
import { chmod, chown, lstat, mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UsageError } from '../../engine/errors.ts'
import { makeRunDirectory, removeDeadSockets, removeStaleRunDirectories } from '../../engine/run-directory.ts'
import { leaveDeadSocket } from '../support/dead-socket.ts'
import { errorOf } from '../support/thrown.ts'

let folder: string
const servers: Server[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const server of servers.splice(0)) server.close()
  await rm(folder, { recursive: true, force: true })
})

const modeOf = async (path: string) => ((await lstat(path)).mode & 0o777).toString(8)

async function listen(path: string): Promise<void> {
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(path, resolve))
}

describe('A run directory', () => {
  it('is made where temporary files are, for its owner only', async () => {
    const directory = await makeRunDirectory()
    expect(directory).toMatch(join(tmpdir(), 'flow-'))
    expect(await modeOf(directory)).toBe('700')
    await rm(directory, { recursive: true })
  })

  it('is made where the user wants it, for its owner only', async () => {
    const directory = join(folder, 'run')
    expect(await makeRunDirectory(directory)).toBe(directory)
    expect(await modeOf(directory)).toBe('700')
  })

  it('may be there already, with what is in it', async () => {
    await writeFile(join(folder, 'mine.txt'), 'mine')
    expect(await makeRunDirectory(folder)).toBe(folder)
    expect(await readdir(folder)).toEqual(['mine.txt'])
  })

  it('has an absolute path, however it was named', async () => {
    expect(await makeRunDirectory(`${relative(process.cwd(), folder)}/run/`)).toBe(join(folder, 'run'))
  })

  it('is refused where TMPDIR is no directory', async () => {
    const none = join(folder, 'none')
    vi.stubEnv('TMPDIR', none)
    const error = await errorOf(makeRunDirectory())
    expect(error).toBeInstanceOf(UsageError)
    expect(error.message).toBe(
      `cannot make a run directory in ${none}: there is no such directory; set TMPDIR to a directory that may be written`,
    )
  })

  const refusal = async (path: string) => {
    const error = await errorOf(makeRunDirectory(path))
    expect(error).toBeInstanceOf(UsageError)
    expect(error.message).toContain(join(path))
    return error.message
  }

  it('is not made with the directories above it', async () => {
    expect(await refusal(join(folder, 'none/run'))).toMatch(`there is no directory ${join(folder, 'none')}`)
    await writeFile(join(folder, 'file'), '')
    expect(await refusal(join(folder, 'file/run'))).toMatch(`there is no directory ${join(folder, 'file')}`)
  })

  it.each([0o701, 0o710, 0o770, 0o755, 0o777])('is refused with mode %o, which lets others in', async (mode) => {
    await chmod(folder, mode)
    expect(await refusal(folder)).toContain(
      `has mode 0${mode.toString(8)}, so others may enter it: keep them out with chmod 0700`,
    )
    expect(await modeOf(folder)).toBe(mode.toString(8))
  })

  it('is refused as a symbolic link, with and without a slash', async () => {
    const link = join(folder, 'link')
    await mkdir(join(folder, 'real'), { mode: 0o700 })
    await symlink(join(folder, 'real'), link)
    expect(await refusal(link)).toMatch('is a symbolic link')
    expect((await errorOf(makeRunDirectory(`${link}/`))).message).toMatch('is a symbolic link')
    await symlink(join(folder, 'nowhere'), join(folder, 'dangling'))
    expect(await refusal(join(folder, 'dangling'))).toMatch('is a symbolic link')
  })

  it('is refused as a file', async () => {
    await writeFile(join(folder, 'file'), '')
    expect(await refusal(join(folder, 'file'))).toMatch('is not a directory')
  })

  it.runIf(process.getuid?.() === 0)('is refused when it is another user’s', async () => {
    chmodSync(folder, 0o700)
    await chown(folder, 12_345, 12_345)
    expect(await refusal(folder)).toMatch('belongs to user 12345: it must belong to the user of this process (0)')
  })
})

describe('Removing dead sockets', () => {
  it('takes those that nobody listens on, and leaves the others', async () => {
    await listen(join(folder, 'alive.sock'))
    leaveDeadSocket(join(folder, 'dead.sock'))
    expect(await readdir(folder)).toHaveLength(2)
    await removeDeadSockets(folder)
    expect(await readdir(folder)).toEqual(['alive.sock'])
  })

  it('takes the directory when it is empty', async () => {
    const directory = await makeRunDirectory(join(folder, 'run'))
    leaveDeadSocket(join(directory, 'dead.sock'))
    await removeDeadSockets(directory)
    expect(await readdir(folder)).toEqual([])
  })

  it('leaves a directory that is the user’s', async () => {
    const directory = await makeRunDirectory(join(folder, 'run'))
    leaveDeadSocket(join(directory, 'dead.sock'))
    await removeDeadSockets(directory, { keepDirectory: true })
    expect(await readdir(directory)).toEqual([])
  })

  it('never takes anything but sockets of actors', async () => {
    await writeFile(join(folder, 'file.sock'), 'not a socket')
    await mkdir(join(folder, 'directory.sock'))
    await symlink(join(folder, 'nowhere'), join(folder, 'link.sock'))
    leaveDeadSocket(join(folder, 'agent.1234'))
    const before = await readdir(folder)
    await removeDeadSockets(folder)
    expect(await readdir(folder)).toEqual(before)
    expect(before).toHaveLength(4)
  })

  it('has nothing to do where there is no directory', async () => {
    await removeDeadSockets(join(folder, 'none'))
    expect(await readdir(folder)).toEqual([])
  })
})

describe('Removing the directories of programs that were killed', () => {
  let before: string | undefined
  beforeEach(() => {
    before = process.env['TMPDIR']
    process.env['TMPDIR'] = folder
  })
  afterEach(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  })

  const anHourAgo = new Date(Date.now() - 3_600_000)
  async function leave(kind: 'dead' | 'alive', age: 'old' | 'young', file?: string): Promise<string> {
    const directory = await makeRunDirectory()
    const path = join(directory, 'root.sock')
    if (kind === 'dead') leaveDeadSocket(path)
    else await listen(path)
    if (file !== undefined) await writeFile(join(directory, file), '')
    if (age === 'old') await utimes(path, anHourAgo, anHourAgo)
    return directory
  }

  it('takes those alone where nobody listens any more, and nothing that is not theirs', async () => {
    await leave('dead', 'old')
    const child = await leave('dead', 'old')
    await listen(join(child, 'child.sock'))
    const [alive, young] = [await leave('alive', 'old'), await leave('dead', 'young')]
    const kept = await leave('dead', 'old', 'mine.txt')
    const open = await leave('dead', 'old')
    await chmod(open, 0o755)
    const others = join(folder, 'flow-of-mine')
    await mkdir(others, { mode: 0o700 })
    await removeStaleRunDirectories()
    const left = (await readdir(folder)).map((name) => join(folder, name))
    expect(left.toSorted()).toEqual([child, alive, young, kept, open, others].toSorted())
    expect(await readdir(child)).toEqual(['child.sock'])
    expect(await readdir(kept)).toEqual(['mine.txt'])
    expect(await readdir(open)).toEqual(['root.sock'])
  })
})
