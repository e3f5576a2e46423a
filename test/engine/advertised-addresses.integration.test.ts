import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { advertisedAddresses, checkAdvertised } from '../../engine/advertised-addresses.ts'

const own = Object.values(networkInterfaces()).flatMap((each) => each ?? [])

describe('What others are told of where an actor listens', () => {
  it('is just that, where that is said of one address', async () => {
    const bound = ['unix:/run/a.sock', 'tcp://127.0.0.1:4100', 'tcp://[::1]:4100', 'tcp://films.example:4100']
    expect(await advertisedAddresses(bound, {})).toEqual(bound)
    expect(await advertisedAddresses([], { advertise: [] })).toEqual([])
  })

  it('is what it is told to say, in the place of its TCP addresses', async () => {
    const bound = ['tcp://0.0.0.0:4100', 'unix:/run/a.sock']
    const advertise = ['tcp://films.example:80', 'tcp://[fd00::1]:0']
    expect(await advertisedAddresses(bound, { advertise })).toEqual([
      'unix:/run/a.sock',
      'tcp://films.example:80',
      'tcp://[fd00::1]:4100',
    ])
  })

  it.for(['0.0.0.0', '[::]'])('is an address of this host in the place of all of them (%s)', async (everywhere) => {
    const [address = ''] = await advertisedAddresses([`tcp://${everywhere}:4100`], { registryHost: 'localhost' })
    const [, host] = /^tcp:\/\/\[?([^\]]+?)\]?:4100$/.exec(address) ?? []
    expect(own.map((each) => each.address)).toContain(host)
    // One that others can reach, if there is any.
    expect(own.some((each) => each.address === host && each.internal)).toBe(
      own.every((each) => each.internal || each.address.startsWith('fe80:')),
    )
  })

  it.for([
    [['tcp://0.0.0.0:80'], ['tcp://0.0.0.0:0'], 'tcp://0.0.0.0:80 leads nowhere'],
    [['films.example:80'], ['tcp://0.0.0.0:0'], "'films.example:80' is no TCP address"],
    [['unix:/run/a.sock'], ['tcp://0.0.0.0:0'], "'unix:/run/a.sock' is no TCP address"],
    [['tcp://a:80'], ['unix:/run/a.sock'], 'it listens at no TCP address'],
    [['tcp://a:0'], ['tcp://127.0.0.1:0', 'tcp://10.0.0.1:0'], 'there are several'],
  ])('cannot be %s when it listens at %s', ([advertise, listen, why]) => {
    expect(() => checkAdvertised(advertise as string[], listen as string[])).toThrow(why)
  })
})
