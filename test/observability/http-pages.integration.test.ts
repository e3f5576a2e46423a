import { lookup } from 'node:dns/promises'
import { request } from 'node:http'
import { hostname, networkInterfaces } from 'node:os'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { type HttpPages, openHttpPages } from '../../observability/http-pages.ts'
import { get } from '../support/scrape.ts'

// A name that only this machine has for itself.
const ownNameIsLocal = await lookup(hostname()).then(
  ({ address }) => address.startsWith('127.'),
  () => false,
)
const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ family }) => family === 'IPv6'))

describe('Pages over HTTP', () => {
  const failures: unknown[][] = []

  async function served(host: string, use: (pages: HttpPages) => Promise<void>): Promise<void> {
    const pages = {
      '/ready': async () => ({ status: 200, text: 'ready\n' }),
      '/broken': () => Promise.reject(new Error('the password is 1234')),
    }
    const opened = await openHttpPages(
      { host, port: 0 },
      { pages, failed: (...failure) => void failures.push(failure) },
    )
    try {
      await use(opened)
    } finally {
      await opened.close()
    }
  }

  /** Asks as whoever calls the server by that name, as a browser does whom a name has led there. */
  async function statusFor(url: string, host: string): Promise<number | undefined> {
    const { port } = new URL(url)
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
    const asked = request(`${url}/ready`, { headers: { host: `${host}:${port}` }, agent: false }, (response) => {
      text(response).then(() => resolve(response.statusCode), reject)
    })
    asked.on('error', reject).end()
    return await promise
  }

  it('tell who asks that one has failed, and their owner why', async () => {
    await served('127.0.0.1', async ({ url }) => {
      expect(await get(`${url}/broken`)).toMatchObject({ status: 500, text: 'this has failed; the log says why\n' })
      expect(failures).toEqual([['/broken', new Error('the password is 1234')]])
    })
  })

  it.skipIf(!ownNameIsLocal)(
    'are for who calls them by the name that they were given, with capitals or without',
    async () => {
      const name = hostname().toUpperCase()
      await served(name, async ({ url }) => {
        const statuses = [name, name.toLowerCase(), 'evil.example'].map((host) => statusFor(url, host))
        expect(await Promise.all(statuses)).toEqual([200, 200, 403])
      })
    },
  )

  it.for(['127.0.0.1', 'localhost', ...(hasIPv6 ? ['::ffff:127.0.0.1'] : [])])(
    'of %s are for who calls it by an address, or localhost',
    async (own) => {
      await served(own, async ({ url }) => {
        const refused = async (hosts: string[]) => {
          const statuses = await Promise.all(hosts.map((host) => statusFor(url, host)))
          return hosts.filter((_, index) => statuses[index] === 403)
        }
        expect(await refused(['127.0.0.1', '192.168.1.7', '[::1]', 'localhost', 'flow.localhost'])).toEqual([])
        const strange = ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'a b']
        expect(await refused(strange)).toEqual(strange)
      })
    },
  )

  it('of an address that others reach are for whoever has a name for it', async () => {
    await served('0.0.0.0', async ({ url }) => {
      expect(await statusFor(url.replace('0.0.0.0', '127.0.0.1'), 'flow.internal.example')).toBe(200)
    })
  })
})
