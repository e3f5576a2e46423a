/**
 * A redis-server for a whole run of the tests, for vitest's `globalSetup`: the one of `REDIS_URL`, or one that is started when
 * the first test asks for it, and killed after the last. Tests ask at a socket, as they are in other processes.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openRedisServer, type RedisServer } from './redis-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where to ask for the redis-server of this run. */
    readonly redisSocket: string
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'actorflow-run-'))
  const socketPath = join(folder, 'redis.sock')
  let server: Promise<RedisServer> | undefined
  const findUrl = async () => {
    const given = process.env['REDIS_URL']
    if (given !== undefined && given !== '') return given
    server ??= openRedisServer()
    return (await server).url
  }
  const asked = createServer((socket) => {
    socket.on('error', () => undefined)
    findUrl().then(
      (url) => socket.end(`url ${url}`),
      (error: Error) => socket.end(`error ${error.message}`),
    )
  }).listen(socketPath)
  project.provide('redisSocket', socketPath)
  return async () => {
    asked.close()
    await (await server?.catch(() => undefined))?.close()
    await rm(folder, { recursive: true, force: true })
  }
}
