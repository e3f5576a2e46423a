import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** A port of this host that nobody listens at now, for a program that cannot be asked which one it took. */
export async function findFreePort(highest = 65_535): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    if (port <= highest) return port
  }
}
