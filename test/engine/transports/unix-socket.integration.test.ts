import { mkdtempSync } from 'node:fs'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { UsageError } from '../../../engine/errors.ts'
import { unixSocketTransport } from '../../../engine/transports/unix-socket.ts'
import { describeTransport } from '../../contracts/transport.contract.ts'
import { leaveDeadSocket } from '../../support/dead-socket.ts'
import { errorOf } from '../../support/thrown.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockets-'))
afterAll(() => rm(directory, { recursive: true, force: true }))

let lastId = 0
const newAddress = () => {
  lastId += 1
  return `unix:${directory}/${lastId}.sock`
}

describeTransport('unix:', async () => ({ transport: unixSocketTransport, newAddress }))

describe('A unix socket', () => {
  const longest = process.platform === 'linux' ? 107 : 103
  const pathOf = (bytes: number) => join(directory, 'x'.repeat(bytes - directory.length - 1))

  it('can be used by its owner only, and is gone when its listener is closed', async () => {
    const listener = await unixSocketTransport.listen(newAddress(), () => undefined)
    const path = listener.address.slice('unix:'.length)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await listener.close()
    expect(await readdir(directory)).toEqual([])
  })

  it('takes the longest path that the system does', async () => {
    const listener = await unixSocketTransport.listen(`unix:${pathOf(longest)}`, () => undefined)
    expect(await readdir(directory)).toHaveLength(1)
    const connection = await unixSocketTransport.dial(listener.address)
    connection.destroy()
    await listener.close()
  })

  it('refuses a longer one, which the system would cut', async () => {
    const address = `unix:${pathOf(longest + 1)}`
    for (const use of [unixSocketTransport.listen(address, () => undefined), unixSocketTransport.dial(address)]) {
      const error = await errorOf(use)
      expect(error).toBeInstanceOf(UsageError)
      expect(error.message).toContain(`'${address}' has ${longest + 1} bytes, and a unix socket's may have ${longest}`)
    }
  })

  it('takes the place of one whose process was killed, and of no other', async () => {
    const path = pathOf(60)
    leaveDeadSocket(path)
    const listener = await unixSocketTransport.listen(`unix:${path}`, (connection) => connection.destroy())
    const error = await errorOf(unixSocketTransport.listen(`unix:${path}`, () => undefined))
    expect(error.message).toContain('it is taken already')
    const connection = await unixSocketTransport.dial(listener.address)
    connection.destroy()
    await listener.close()
    await writeFile(path, 'a file')
    expect((await errorOf(unixSocketTransport.listen(`unix:${path}`, () => undefined))).message).toContain(
      'taken already',
    )
    expect(await readFile(path, 'utf8')).toBe('a file')
    await rm(path)
  })

  it('says that its directory is missing', async () => {
    const error = await errorOf(unixSocketTransport.listen(`unix:${directory}/none/a.sock`, () => undefined))
    expect(error).toBeInstanceOf(UsageError)
    expect(error.message).toMatch(/none\/a.sock: there is no such directory, or this user may not \(/)
    expect(error.cause).toHaveProperty('code')
  })
})
