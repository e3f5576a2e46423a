import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type ActorDump, DeadlineExceededError } from '../../../engine/index.ts'
import { createActorMeter } from '../../../pipelines/cli/actor-figures.ts'
import { renderActorTable } from '../../../pipelines/cli/actor-table.ts'
import { type PsOptions, psCommand } from '../../../pipelines/cli/ps-command.ts'
import { dumpOf } from '../../support/dump-of.ts'
import { guestBed, type KnownActor, registrationOf } from './guest-bed.ts'

const sent = { count: 5, bytes: 5, batchCount: 1, allowedCount: 10, allowedBytes: 10 }

/** Two calls and a stream run in it, one of its own goes out, and the engine asks something. */
const channels: ActorDump['channels'] = [
  {
    peer: { name: 'peer', id: 'p' },
    label: 'unix',
    congested: false,
    contexts: [
      { functionName: 'a', service: '', side: 'callee', waitsFor: 'x' },
      { functionName: 'a', service: '', side: 'callee', waitsFor: 'x' },
      { functionName: 's', service: '', side: 'callee', waitsFor: 'x', sent },
      { functionName: 'o', service: '', side: 'caller', waitsFor: 'x' },
      { functionName: 'hold', service: 'registry', side: 'callee', waitsFor: 'x', sent },
    ],
  },
]

const frank: KnownActor = {
  registration: registrationOf('frank', { capabilities: { gpu: true }, fence: 12, unique: true }),
  dumps: [
    dumpOf('frank', { channels, traffic: { itemsIn: 10, itemsOut: 100 } }),
    dumpOf('frank', { atMs: 500, channels, traffic: { itemsIn: 10, itemsOut: 1_100 } }),
  ],
}
const frozen: KnownActor = { registration: registrationOf('frozen'), dumps: [new DeadlineExceededError(1_500)] }

describe('The figures of actors', () => {
  it('are counted, and rates are the difference to those before', async () => {
    const { host } = await guestBed([frank, frozen])
    const guest = await host.join('x', {})
    const meter = createActorMeter(guest)
    const registrations = await guest.registry.list()
    const [first] = await meter.measure(registrations)
    expect(first?.figures).toMatchObject({ callCount: 2, streamCount: 1, itemsInPerSecond: undefined })
    const [second, third] = await meter.measure(registrations)
    expect(second?.figures).toMatchObject({
      itemsInPerSecond: 0,
      itemsOutPerSecond: 2_000,
      residentBytes: 64 * 2 ** 20,
    })
    expect(third).toMatchObject({ silent: 'not done within 1500 ms' })
  })

  it('are asked of many at a time, but not of all', async () => {
    let running = 0
    let most = 0
    const meter = createActorMeter({
      dump: async ({ actor }) => {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        return dumpOf(actor.name)
      },
    })
    const many = Array.from({ length: 100 }, (_, index) => registrationOf(`a${index}`))
    const rows = await meter.measure(many)
    expect(rows.map(({ registration }) => registration.actor.name)).toEqual(many.map(({ actor }) => actor.name))
    expect(most).toBe(16)
  })
})

describe('The table of actors', () => {
  it('has a line for each, and says who does not answer', () => {
    const figures = { callCount: 2, streamCount: 1, itemsInPerSecond: 0, itemsOutPerSecond: 2_000, residentBytes: 1 }
    const rows = [
      { registration: frank.registration, figures },
      { registration: registrationOf('bad\u001b[2J'), silent: 'not done within 1500 ms' },
    ]
    const lines = renderActorTable(rows, 61_000)
    expect(lines).toEqual([
      'name     id          host  pid       age  calls  streams  in/s    out/s  fence  capabilities',
      'frank    frank-id    here  100  1:00 min      2        1   0/s  2.00k/s  12     gpu=true',
      'bad\ufffd[2J  bad\ufffd[2J-id  here  100  1:00 min      ?        ?     ?        ?         does not answer: not done within 1500 ms',
    ])
  })
})

describe('flow ps', () => {
  async function ps(options: PsOptions, actors = [frozen, frank]) {
    const bed = await guestBed(actors)
    const exitCode = await psCommand(options, bed.host)
    return { exitCode, ...bed.written, left: bed.left() }
  }

  it('lists the actors by name, and leaves', async () => {
    const { exitCode, stdout, stderr, left } = await ps({})
    const [heading, ...lines] = stdout.trimEnd().split('\n')
    expect(heading).toMatch(/^name +id +host +pid/)
    expect(lines).toEqual([expect.stringMatching(/^frank .* gpu=true$/), expect.stringMatching(/^frozen .* \? /)])
    expect({ exitCode, stderr, left }).toEqual({ exitCode: 0, stderr: '', left: 1 })
  })

  it('prints an object for each', async () => {
    const { stdout } = await ps({ json: true })
    const rows = stdout.trimEnd().split('\n')
    expect(rows.map((row) => JSON.parse(row))).toMatchObject([
      { name: 'frank', id: 'frank-id', pid: 100, ageMs: 60_000, unique: true, callCount: 2, streamCount: 1 },
      { name: 'frozen', silent: 'not done within 1500 ms' },
    ])
    expect(rows[0]).toContain('"itemsOutPerSecond":')
    expect((await ps({ json: true }, [])).stdout).toBe('')
  })

  it('watches: prints a line of JSON for whoever comes and leaves where there is no terminal', async () => {
    const bed = await guestBed([frank])
    const ended = psCommand({ watch: true }, bed.host)
    const says = (text: string) => expect.poll(() => bed.written.stdout).toContain(text)
    await says('{"kind":"came","name":"frank","id":"frank-id"')
    await bed.depart('frank-id')
    await says('{"kind":"left","name":"frank"')
    bed.pressCtrlC()
    expect(await ended).toBe(130)
  })

  it.for([
    { columns: 30, rows: 8, more: '… 15 more', width: 29 },
    // One that was never told its size is taken for an ordinary one.
    { columns: 0, rows: 0, more: 'a19', width: 79 },
  ])('watches: redraws a screen of its own on a terminal, cut to its size, and gives it back: %o', async (size) => {
    const actors = Array.from({ length: 20 }, (_, index) => ({
      registration: registrationOf(`a${index}`),
      dumps: [dumpOf('a')],
    }))
    const bed = await guestBed(actors)
    let written = ''
    const terminal = new Writable({
      write(chunk, _encoding, done) {
        written += String(chunk)
        done()
      },
    })
    const stdout = Object.assign(terminal, { isTTY: true, columns: size.columns, rows: size.rows })
    const ended = psCommand({ watch: true }, { ...bed.host, stdout })
    await expect.poll(() => written).toContain(size.more)
    bed.pressCtrlC()
    expect(await ended).toBe(130)
    expect(written.startsWith('\u001b[?1049h')).toBe(true)
    expect(written.endsWith('\u001b[?1049l')).toBe(true)
    const lines = stripVTControlCharacters(written).split('\r\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(size.width)
  })
})
