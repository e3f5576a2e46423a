import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../engine/errors.ts'
import { createTcpTransport } from '../../../engine/transports/tcp.ts'
import { isLoopback, parseTcpAddress } from '../../../engine/transports/tcp-address.ts'
import { errorOf } from '../../support/thrown.ts'

describe('A TCP address', () => {
  it.each([
    ['tcp://127.0.0.1:4100', '127.0.0.1', 4100],
    ['tcp://[::1]:0', '::1', 0],
    ['tcp://[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
    ['tcp://worker-3.example.org:65535', 'worker-3.example.org', 65_535],
  ])('%s has a host and a port', (address, host, port) => {
    expect(parseTcpAddress(address)).toEqual({ host, port })
  })

  it.each([
    'tcp:127.0.0.1:4100',
    'tcp://127.0.0.1',
    'tcp://:4100',
    'tcp://host:',
    'tcp://host:65536',
    'tcp://host:-1',
    'tcp://host:http',
    'tcp://::1:4100',
    'tcp://[host]:4100',
    'tcp://[::1]4100',
    'tcp://user@host:4100',
    'tcp://host:4100/path',
    'tcp:// host:4100',
    'http://host:4100',
  ])('%s is none, and what would be is said', async (address) => {
    const transport = createTcpTransport()
    for (const use of [() => transport.dial(address), () => transport.listen(address, () => undefined)]) {
      const error = await errorOf(use())
      expect(error).toBeInstanceOf(UsageError)
      expect(error.message).toContain(`'${address}' is no TCP address: write tcp://host:port`)
    }
  })

  it.each([
    'tcp://127.0.0.1:1',
    'tcp://127.9.8.7:1',
    'tcp://[::1]:1',
    'tcp://[0:0:0:0:0:0:0:1]:1',
    'tcp://[::ffff:127.0.0.1]:1',
    'tcp://localhost:1',
    'tcp://LocalHost:1',
  ])('%s is in reach of its own host only', (address) => {
    expect(isLoopback(address)).toBe(true)
  })

  it.each([
    'tcp://0.0.0.0:1',
    'tcp://[::]:1',
    'tcp://10.0.0.1:1',
    'tcp://128.0.0.1:1',
    'tcp://[::2]:1',
    'tcp://[fe80::1%eth0]:1',
    'tcp://localhost.example.org:1',
    'tcp://127.0.0.1.example.org:1',
  ])('%s is in reach of others', (address) => {
    expect(isLoopback(address)).toBe(false)
  })
})
