import { describe, expect, it } from 'vitest'
import { type ActorDump, type ChannelDump, formatDump, type SilentActor } from '../../engine/dump.ts'

const actor = (name: string) => ({ name, id: `${name}-id` })

function dumpOf(name: string, more: Partial<ActorDump> = {}): ActorDump {
  return {
    actor: actor(name),
    pid: 100,
    addresses: [`unix:/run/${name}.sock`],
    residentBytes: 64 * 2 ** 20,
    draining: false,
    cancelled: false,
    channels: [],
    children: [],
    ...more,
  }
}

const context = {
  functionName: 'count',
  side: 'callee',
  sentCount: 0,
  receivedCount: 0,
  bufferedCount: 0,
  waitsFor: 'its function',
} as const

function channelTo(name: string, more: Partial<ChannelDump> = {}): ChannelDump {
  return { peer: actor(name), label: `unix:/run/${name}.sock`, congested: false, contexts: [], ...more }
}

describe('A dump for people', () => {
  it('has a line for the actor', () => {
    expect(formatDump(dumpOf('root'))).toBe('root (root-id) pid 100, 64 MiB, at unix:/run/root.sock\n')
  })

  it('says that an actor has no address, that it is draining, and that it is ending', () => {
    expect(formatDump(dumpOf('a', { addresses: [] }))).toContain('64 MiB, at no address')
    expect(formatDump(dumpOf('a', { draining: true }))).toContain('64 MiB, is draining, at')
    expect(formatDump(dumpOf('a', { draining: true, cancelled: true }))).toContain('64 MiB, is ending, at')
  })

  it('has a line for each channel, with its round trip once that is known', () => {
    const channels = [channelTo('b'), channelTo('c', { roundTripMs: 0.25, congested: true })]
    expect(formatDump(dumpOf('a', { channels }))).toBe(
      [
        'a (a-id) pid 100, 64 MiB, at unix:/run/a.sock',
        '  ═ b (b-id) by unix:/run/b.sock',
        '  ═ c (c-id) by unix:/run/c.sock, round trip 0.3 ms, takes no more for now',
        '',
      ].join('\n'),
    )
  })

  it('has a line for each context: which way it was called, what it waits for, and how much it has moved', () => {
    const contexts = [
      { ...context, sentCount: 7, waitsFor: 'credit' },
      { ...context, side: 'caller', functionName: 'parse', receivedCount: 5, bufferedCount: 2, waitsFor: 'its reader' },
      { ...context, side: 'caller', functionName: 'add', waitsFor: 'the result' },
    ] as const
    expect(
      formatDump(dumpOf('a', { channels: [channelTo('b', { contexts })] }))
        .split('\n')
        .slice(2),
    ).toEqual([
      '    ← count: waits for credit (7 sent)',
      '    → parse: waits for its reader (5 received, 2 waiting here)',
      '    → add: waits for the result',
      '',
    ])
  })

  it('is indented as the tree is, and has those that do not answer in their place', () => {
    const silent: SilentActor = { actor: actor('c'), pid: 103, silent: 'not done within 1000 ms' }
    const starting: SilentActor = { actor: actor('d'), pid: undefined, silent: 'it has no address' }
    const tree = dumpOf('a', { children: [dumpOf('b', { channels: [channelTo('a')], children: [silent] }), starting] })
    expect(formatDump(tree)).toBe(
      [
        'a (a-id) pid 100, 64 MiB, at unix:/run/a.sock',
        '  b (b-id) pid 100, 64 MiB, at unix:/run/b.sock',
        '    ═ a (a-id) by unix:/run/a.sock',
        '    c (c-id) pid 103: does not answer: not done within 1000 ms',
        '  d (d-id) pid ?: does not answer: it has no address',
        '',
      ].join('\n'),
    )
  })
})
