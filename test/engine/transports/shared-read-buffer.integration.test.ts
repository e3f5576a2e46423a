import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { SocketConnection } from '../../../engine/transports/socket-connection.ts'
import { countingBytes, End } from '../../support/connection-end.ts'

interface Handle {
  useUserBuffer?: unknown
}

const server = createServer()
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  server.close()
})

/** Two sockets that are connected; the second is the one that reads. */
async function openSockets(): Promise<[Socket, Socket]> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const writer = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [reader] = (await once(server, 'connection')) as [Socket]
  sockets.push(writer, reader)
  return [writer, reader]
}

describe('A socket that is read into shared memory', () => {
  it('brings first what it had read before', async () => {
    const [writer, reader] = await openSockets()
    writer.write(countingBytes(4000))
    await once(reader, 'readable')
    expect(reader.readableLength).toBeGreaterThan(0)
    const end = new End(new SocketConnection(reader, 'a socket')).start()
    writer.write(countingBytes(200_000, 4000))
    await end.until(() => end.byteCount >= 204_000)
    expect(end.bytes.equals(countingBytes(204_000))).toBe(true)
  })

  it('is read as ever by a node that cannot do that', async () => {
    const [writer, reader] = await openSockets()
    const { _handle: handle } = reader as unknown as { _handle: Handle }
    expect(handle.useUserBuffer).toBeTypeOf('function')
    handle.useUserBuffer = undefined
    const end = new End(new SocketConnection(reader, 'a socket')).start()
    writer.end(countingBytes(200_000))
    await end.until(() => end.byteCount >= 200_000)
    expect(end.bytes.equals(countingBytes(200_000))).toBe(true)
    await end.closed()
  })
})
