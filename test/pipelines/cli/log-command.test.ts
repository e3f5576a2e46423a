import { describe, expect, it } from 'vitest'
import type { LedgerEntry, LedgerEvent } from '../../../engine/index.ts'
import { describeEntry, type LogOptions, logCommand } from '../../../pipelines/cli/log-command.ts'
import { guestBed, registrationOf } from './guest-bed.ts'

const frank = { name: 'frank', id: 'f1' }
const root = { name: 'root', id: 'r1' }
const entryOf = (event: LedgerEvent): LedgerEntry => ({ ...event, position: '0-0', atMs: 60_000 })

describe('An entry of the ledger as a line', () => {
  const registration = registrationOf('frank', { actor: frank, capabilities: { gpu: true }, fence: 12 })
  it.for([
    [
      { kind: 'registered', actor: frank, registration },
      'registered frank (f1) process 100 on here, at unix:/run/frank.sock, fence 12, gpu=true',
    ],
    [{ kind: 'started', actor: frank, parent: root }, 'started    frank (f1) below root (r1)'],
    [
      { kind: 'restarted', actor: frank, parent: root, previous: { name: 'frank', id: 'f0' }, restartCount: 2 },
      'restarted  frank (f1) in the place of f0, restart 2',
    ],
    [
      { kind: 'failed', actor: frank, parent: root, why: 'it \u001b[2J fell' },
      'failed     frank (f1) it \ufffd[2J fell',
    ],
    [{ kind: 'expired', actor: frank, why: 'not renewed' }, 'expired    frank (f1) not renewed'],
    [{ kind: 'left', actor: frank }, 'left       frank (f1)'],
    [
      { kind: 'gap', actor: frank, sinceMs: 30_000, missedCount: 1 },
      'gap        frank (f1) its process could not reach the ledger for 30.0 s: 1 entry lost',
    ],
    [
      { kind: 'gap', actor: { name: 'reader', id: '-' }, sinceMs: 30_000, missedCount: undefined },
      'gap        reader (-) it was read too slowly: entries of the 30.0 s before are not kept any more',
    ],
  ] as const)('$0.kind', ([event, line]) => {
    expect(describeEntry(entryOf(event))).toBe(`1970-01-01T00:01:00.000Z ${line}`)
  })
})

describe('flow log', () => {
  async function log(options: LogOptions, now = Date.now()) {
    const bed = await guestBed([
      { registration: registrationOf('frank', { actor: frank }) },
      { registration: registrationOf('donny') },
    ])
    await bed.depart('f1')
    const exitCode = await logCommand(options, { ...bed.host, now: () => now })
    const lines = bed.written.stdout.split('\n').slice(0, -1)
    return { exitCode, lines, stderr: bed.written.stderr }
  }

  it('prints what happened, the oldest first', async () => {
    const { exitCode, lines, stderr } = await log({})
    expect(lines.map((line) => line.split(' ').filter(Boolean).slice(1, 3))).toEqual([
      ['registered', 'frank'],
      ['registered', 'donny'],
      ['left', 'frank'],
    ])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })

  it('prints that of some actors only, as JSON, and since a time', async () => {
    const { lines } = await log({ actor: 'fr*', json: true, since: 60_000 })
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { kind: 'registered', actor: frank, atMs: expect.any(Number), registration: { pid: 100 } },
      { kind: 'left', actor: frank },
    ])
    expect((await log({ since: 60_000 }, Date.now() + 120_000)).lines).toEqual([])
    expect((await log({ since: new Date(Date.now() + 60_000) })).lines).toEqual([])
  })

  it('goes on with what comes, until ctrl-c', async () => {
    const bed = await guestBed([{ registration: registrationOf('frank', { actor: frank }) }])
    const ended = logCommand({ follow: true }, bed.host)
    const says = (text: string) => expect.poll(() => bed.written.stdout).toContain(text)
    await says(' registered frank')
    await bed.depart('f1')
    await says(' left ')
    bed.pressCtrlC()
    expect(await ended).toBe(130)
  })
})
