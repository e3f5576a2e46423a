import { threadId } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../engine/errors.ts'
import { rankAddress, transportFor } from '../../../engine/transports/catalog.ts'
import { memoryAddress } from '../../../engine/transports/memory.ts'
import { portAddress } from '../../../engine/transports/port-transport.ts'

describe('The catalog of transports', () => {
  it('has one for every scheme', () => {
    const addresses = ['unix:/run/a.sock', 'tcp://127.0.0.1:1', memoryAddress('a'), portAddress('a')]
    expect(addresses.map((address) => transportFor(address).scheme)).toEqual(['unix', 'tcp', 'memory', 'port'])
  })

  it.each(['http://host:1', '/run/a.sock', 'unix', '', ':', 'constructor:a'])(
    'has none for %o, and names those it has',
    (address) => {
      expect(() => transportFor(address)).toThrow(UsageError)
      expect(() => transportFor(address)).toThrow(
        `'${address}' is no address of a kind that is known here: memory:<pid>-<threadId>/<id>, port:<pid>-<threadId>/<id>, unix:/path/to/a.sock, tcp://host:port`,
      )
      expect(rankAddress(address)).toBeUndefined()
    },
  )

  it('prefers what is nearer', () => {
    const addresses = ['tcp://127.0.0.1:1', portAddress('a'), 'unix:/run/a.sock', memoryAddress('a')]
    const rank = (address: string) => rankAddress(address) ?? NaN
    expect(addresses.toSorted((a, b) => rank(a) - rank(b)).map((address) => address.replace(/:.*/, ''))).toEqual([
      'memory',
      'port',
      'unix',
      'tcp',
    ])
  })

  it('leaves out what cannot be reached from here', () => {
    const otherThread = `${process.pid}-${threadId + 1}/a`
    const otherProcess = `${process.pid + 1}-${threadId}/a`
    expect(rankAddress(`memory:${otherThread}`)).toBeUndefined()
    expect(rankAddress(`memory:${otherProcess}`)).toBeUndefined()
    expect(rankAddress(`port:${otherThread}`)).toBeTypeOf('number')
    expect(rankAddress(`port:${otherProcess}`)).toBeUndefined()
    expect(rankAddress('memory:nonsense')).toBeUndefined()
  })
})
