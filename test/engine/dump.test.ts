import { describe, expect, it } from 'vitest'
import { type ChannelDump, formatDump, type SilentActor } from '../../engine/dump.ts'
import { actor, dumpOf } from '../support/dump-of.ts'

const called = { functionName: 'count', service: '', side: 'callee', waitsFor: 'its generator to yield' } as const
const calls = { functionName: 'count', service: '', side: 'caller', waitsFor: 'the next item' } as const
const sent = { count: 0, bytes: 0, batchCount: 0, allowedCount: 4096, allowedBytes: 2 ** 20 }
const received = {
  bytes: 0,
  batchCount: 0,
  count: 0,
  waitingCount: 0,
  waitingBytes: 0,
  windowCount: 4096,
  windowBytes: 2 ** 20,
}

/** The lines of a dump for these contexts alone. */
function linesOf(...contexts: ChannelDump['contexts']): string[] {
  const [, , ...lines] = formatDump(dumpOf('a', { channels: [channelTo('b', { contexts })] })).split('\n')
  return lines.slice(0, -1).map((line) => line.trim())
}

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

  it('has a line for each context: which way it was called, and what it waits for', () => {
    expect(linesOf(called, { ...calls, functionName: 'add', waitsFor: 'the result' })).toEqual([
      '← count: waits for its generator to yield',
      '→ add: waits for the result',
    ])
  })

  it('names the service of a function of the engine itself', () => {
    expect(linesOf({ ...called, service: 'registry', functionName: 'find' })).toEqual([
      '← registry.find: waits for its generator to yield',
    ])
  })

  it('says how much a context has moved, how much it may, and what waits', () => {
    expect(
      linesOf(
        { ...called, sent: { ...sent, count: 7, bytes: 100 } },
        { ...calls, received: { ...received, count: 5 } },
        { ...calls, received: { ...received, count: 5, waitingCount: 2 } },
        { ...calls, sent: { ...sent, count: 1 }, received: { ...received, count: 2 } },
        { ...calls, sent, received },
      ),
    ).toEqual([
      '← count: waits for its generator to yield (7 sent of 4096 allowed)',
      '→ count: waits for the next item (5 received)',
      '→ count: waits for the next item (5 received, 2 of them waiting here, of 4096 that may)',
      '→ count: waits for the next item (1 sent of 4096 allowed; 2 received)',
      '→ count: waits for the next item',
    ])
  })

  it('has the bytes, too, where it is they that are used up', () => {
    const large = 1.5 * 2 ** 20
    expect(
      linesOf(
        { ...called, sent: { ...sent, count: 3, bytes: large } },
        { ...calls, received: { ...received, count: 3, waitingCount: 3, waitingBytes: large } },
      ),
    ).toEqual([
      '← count: waits for its generator to yield (3 sent of 4096 allowed, 1.5 MiB of 1.0 MiB)',
      '→ count: waits for the next item (3 received, 3 of them waiting here, of 4096 that may, 1.5 MiB of 1.0 MiB)',
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
