import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { UsageError } from '../../../engine/errors.ts'
import type { Listener, Transport } from '../../../engine/transport.ts'
import { createTcpTransport, type TlsOptions } from '../../../engine/transports/tcp.ts'
import { parseTcpAddress } from '../../../engine/transports/tcp-address.ts'
import { describeTransport } from '../../contracts/transport.contract.ts'
import { End } from '../../support/connection-end.ts'
import { errorOf } from '../../support/thrown.ts'

const pem = (name: string) => readFileSync(new URL(`../../fixtures/certificates/${name}`, import.meta.url), 'utf8')
const actor: TlsOptions = { cert: pem('actor.crt'), key: pem('actor.key'), ca: pem('authority.crt') }
const stranger: TlsOptions = { cert: pem('stranger.crt'), key: pem('stranger.key'), ca: pem('stranger-authority.crt') }

const newAddress = () => 'tcp://127.0.0.1:0'
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

describeTransport('tcp:', async () => ({ transport: createTcpTransport(), newAddress }))
describeTransport('tcp: with mutual TLS', async () => ({ transport: createTcpTransport({ tls: actor }), newAddress }))

const listeners: Listener[] = []
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close()
})

/** A listener, and the ends of what it has taken. */
async function listen(transport: Transport, address = newAddress()) {
  const taken: End[] = []
  const listener = await transport.listen(address, (connection) => taken.push(new End(connection).start()))
  listeners.push(listener)
  return { address: listener.address, taken }
}

async function expectToTalk(dialler: Transport, address: string, taken: readonly End[]): Promise<void> {
  const left = new End(await dialler.dial(address)).start()
  left.write('hello')
  while (taken.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const [right] = taken as [End]
  await right.until(() => right.byteCount >= 5)
  left.connection.destroy()
  await Promise.all([left.closed(), right.closed()])
}

describe('The TCP transport', () => {
  const transport = createTcpTransport()

  it('says which port it got for port 0', async () => {
    const { address, taken } = await listen(transport)
    expect(address).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/)
    await expectToTalk(transport, address, taken)
  })

  it('keeps the name of the host that it was given', async () => {
    const { address, taken } = await listen(transport, 'tcp://localhost:0')
    expect(address).toMatch(/^tcp:\/\/localhost:[1-9]\d*$/)
    await expectToTalk(transport, address, taken)
  })

  it.runIf(hasIpv6)('writes an IPv6 host in brackets', async () => {
    const { address, taken } = await listen(transport, 'tcp://[::1]:0')
    expect(address).toMatch(/^tcp:\/\/\[::1\]:[1-9]\d*$/)
    await expectToTalk(transport, address, taken)
  })

  it('tells who it was that dialled', async () => {
    const { address, taken } = await listen(transport)
    await expectToTalk(transport, address, taken)
    expect(taken[0]?.connection.label).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/)
    expect(taken[0]?.connection.label).not.toBe(address)
  })

  it('says why a name cannot be dialled, though none of its addresses says it', async () => {
    const { address } = await listen(transport, 'tcp://localhost:0')
    await listeners.pop()?.close()
    const error = await errorOf(transport.dial(address))
    expect(error.message).toContain('ECONNREFUSED')
    expect(error.code).toBe('ECONNREFUSED')
  })

  it('refuses an address that is of no interface of this host', async () => {
    const error = await errorOf(transport.listen('tcp://203.0.113.1:0', () => undefined))
    expect(error).toBeInstanceOf(UsageError)
    expect(error.message).toBe('cannot listen at tcp://203.0.113.1:0: it is no address of this host (EADDRNOTAVAIL)')
  })
})

describe('Mutual TLS', () => {
  const secure = createTcpTransport({ tls: actor })

  /** Dials, and waits for the end of what may have come up. */
  async function failureOf(dialler: Transport, address: string): Promise<Error | undefined> {
    try {
      // The dialler may be done before the listener has looked at its certificate: then the connection ends with the error.
      const end = new End(await dialler.dial(address)).start()
      await end.closed()
      return end.closes[0]
    } catch (error) {
      return error as Error
    }
  }

  it('takes byte arrays for PEM texts, as they are when the options come from another actor', async () => {
    const bytes = (text: string | Uint8Array) => Uint8Array.from(Buffer.from(text))
    const tls = { cert: bytes(actor.cert), key: bytes(actor.key), ca: bytes(actor.ca) }
    const { address, taken } = await listen(createTcpTransport({ tls }))
    await expectToTalk(createTcpTransport({ tls: JSON.parse(JSON.stringify(actor)) }), address, taken)
  })

  it('takes a listener for who the server name says, whatever host was dialled', async () => {
    const { address, taken } = await listen(secure)
    await expectToTalk(createTcpTransport({ tls: { ...actor, servername: 'actors.test' } }), address, taken)
  })

  it('refuses a listener with another name', async () => {
    const { address, taken } = await listen(secure)
    const failure = await failureOf(createTcpTransport({ tls: { ...actor, servername: 'other.test' } }), address)
    expect(failure).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(taken.map((end) => end.byteCount)).toEqual(taken.map(() => 0))
  })

  it('refuses a listener whose certificate is from another authority', async () => {
    const { address } = await listen(createTcpTransport({ tls: stranger }))
    const failure = await failureOf(createTcpTransport({ tls: { ...stranger, ca: actor.ca } }), address)
    expect(failure).toMatchObject({
      code: expect.stringMatching(/^(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/),
    })
  })

  it('refuses a dialler whose certificate is from another authority', async () => {
    const { address, taken } = await listen(secure)
    const failure = await failureOf(createTcpTransport({ tls: { ...stranger, ca: actor.ca } }), address)
    expect(failure?.message).toMatch(/it may not take our certificate|ECONNRESET/)
    expect(taken).toEqual([])
  })

  it('refuses a dialler without a certificate', async () => {
    const { address, taken } = await listen(secure)
    const { host, port } = parseTcpAddress(address)
    const socket = connectTls({ host, port, ca: pem('authority.crt') })
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve))
    expect(error.message).toMatch(/alert certificate required|ECONNRESET/)
    expect(taken).toEqual([])
  })

  it('refuses a dialler that does not encrypt', async () => {
    const { address, taken } = await listen(secure)
    const left = new End(await createTcpTransport().dial(address)).start()
    left.write('hello')
    await left.closed()
    expect(taken).toEqual([])
  })

  it('refuses a listener that does not encrypt', async () => {
    const server = createServer((socket) => void socket.end('hello'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    expect(await errorOf(secure.dial(`tcp://127.0.0.1:${port}`))).toHaveProperty('code')
    server.close()
  })

  it('gives up a dial to one that does not shake hands when the signal says so', async () => {
    const sockets: { destroy(): void }[] = []
    const controller = new AbortController()
    const reason = new Error('enough')
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => undefined))
      socket.once('data', () => controller.abort(reason))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    expect(await errorOf(secure.dial(`tcp://127.0.0.1:${port}`, { signal: controller.signal }))).toBe(reason)
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  it('is not held up by one that dials and does not shake hands', async () => {
    const { address, taken } = await listen(secure)
    const { host, port } = parseTcpAddress(address)
    const idle = connect(port, host)
    await new Promise<void>((resolve) => idle.once('connect', resolve))
    await expectToTalk(secure, address, taken)
    idle.destroy()
  })

  it('refuses options that are not complete, or make no sense', async () => {
    const { cert, key, ca } = actor
    const incomplete = createTcpTransport({ tls: { cert, key } as TlsOptions })
    const garbled = createTcpTransport({ tls: { cert, key: 'no key', ca } })
    for (const use of [
      () => incomplete.listen(newAddress(), () => undefined),
      () => incomplete.dial('tcp://127.0.0.1:1'),
    ]) {
      const error = await errorOf(use())
      expect(error).toBeInstanceOf(UsageError)
      expect(error.message).toContain('the tls options lack ca')
    }
    for (const use of [() => garbled.listen(newAddress(), () => undefined), () => garbled.dial('tcp://127.0.0.1:1')]) {
      const error = await errorOf(use())
      expect(error).toBeInstanceOf(UsageError)
      expect(error.message).toContain('the tls options do not work')
    }
  })
})
