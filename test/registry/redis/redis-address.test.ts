import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../engine/index.ts'
import { parseRedisAddress } from '../../../registry/redis/redis-address.ts'

describe('The address of a Redis registry', () => {
  it('has defaults for what it does not say', () => {
    expect(parseRedisAddress('redis://here')).toEqual({
      servers: { kind: 'one', host: { host: 'here', port: 6_379 }, access: {}, db: 0 },
      shown: 'redis://here',
      namespace: 'default',
      leaseMs: 10_000,
      ledgerCount: 10_000,
      keepLedgerMs: 0,
    })
  })

  it('says who one is, where, and what is wanted', () => {
    expect(
      parseRedisAddress('rediss://me:p%40ss@[::1]:7/3?namespace=a.b-c&leaseMs=300&ledgerCount=5&keepLedgerMs=9'),
    ).toEqual({
      servers: {
        kind: 'one',
        host: { host: '::1', port: 7 },
        access: { username: 'me', password: 'p@ss', tls: {} },
        db: 3,
      },
      shown: 'rediss://[::1]:7/3?namespace=a.b-c&leaseMs=300&ledgerCount=5&keepLedgerMs=9',
      namespace: 'a.b-c',
      leaseMs: 300,
      ledgerCount: 5,
      keepLedgerMs: 9,
    })
  })

  it('says by which files both sides are known', () => {
    const { servers } = parseRedisAddress('rediss://a?tlsCa=/ca.crt&tlsCert=/a.crt&tlsKey=/a.key')
    expect(servers.access.tls).toEqual({ ca: '/ca.crt', cert: '/a.crt', key: '/a.key' })
    expect(parseRedisAddress('rediss+cluster://a?tlsCa=/ca.crt').servers.access.tls).toEqual({ ca: '/ca.crt' })
  })

  it('is that of a cluster by some of its servers', () => {
    expect(parseRedisAddress('redis+cluster://:secret@a:1,b').servers).toEqual({
      kind: 'cluster',
      hosts: [
        { host: 'a', port: 1 },
        { host: 'b', port: 6_379 },
      ],
      access: { password: 'secret' },
    })
  })

  it('is that of a master by its sentinels and its name', () => {
    const { servers, shown } = parseRedisAddress('redis+sentinel://:secret@a,b:2/main/4?sentinelPassword=hidden')
    expect(servers).toEqual({
      kind: 'sentinel',
      hosts: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 2 },
      ],
      name: 'main',
      sentinelPassword: 'hidden',
      access: { password: 'secret' },
      db: 4,
    })
    expect(shown).not.toMatch(/secret|hidden/)
  })

  it.each([
    'redis://',
    'redis:here',
    'redis://a:b:c',
    'redis://a/x',
    'redis://a,b',
    'redis+cluster://a/1',
    'redis+sentinel://a',
    'redis+other://a',
    'redis://a?namespace=a:b',
    'redis://a?leaseMs=soon',
    'redis://a?leaseMs=1',
    'redis://a?lease=300',
    'redis://a?tlsCa=/a.crt',
    'rediss://a?tlsCert=/a.crt',
    'rediss://a?tlsKey=/a.key',
  ])('is refused where it makes no sense: %s', (address) => {
    expect(() => parseRedisAddress(address)).toThrow(UsageError)
  })

  it('is not shown with its password when it is refused', () => {
    expect(() => parseRedisAddress('redis://me:secret@a/x')).toThrow(/^(?!.*secret)/)
  })
})
