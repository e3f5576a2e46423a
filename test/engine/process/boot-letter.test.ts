import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type BootLetter, packBootLetter, readBootLetter } from '../../../engine/process/boot-letter.ts'
import { defaultHeartbeat, defaultLimits, type Tree } from '../../../engine/tree.ts'

const folder = mkdtempSync(join(tmpdir(), 'boot-letter-'))
afterAll(() => rmSync(folder, { recursive: true }))

const tree: Tree = {
  host: 'localhost',
  runDirectory: '/run/straße',
  ownsRunDirectory: true,
  registryModule: 'file:///registry.js',
  attached: [],
  limits: defaultLimits,
  heartbeat: defaultHeartbeat,
  busyPollUs: 0,
  debug: false,
}

/** Calls `read` with a file descriptor from which these bytes come. */
function withBytes<T>(bytes: Uint8Array, read: (fd: number) => T): T {
  const path = join(folder, 'bytes')
  writeFileSync(path, bytes)
  const fd = openSync(path, 'r')
  try {
    return read(fd)
  } finally {
    closeSync(fd)
  }
}

describe('A boot letter', () => {
  it('arrives as it was sent', () => {
    const letter: BootLetter = { prepareFor: tree }
    expect(withBytes(packBootLetter(letter), readBootLetter)).toEqual(letter)
  })

  it('leaves what comes after it unread', () => {
    const letters = [{ prepareFor: tree }, { prepareFor: { ...tree, debug: true } }]
    const bytes = Buffer.concat([...letters.map(packBootLetter), Buffer.from('hello')])
    withBytes(bytes, (fd) => {
      expect([readBootLetter(fd), readBootLetter(fd)]).toEqual(letters)
      expect(readFileSync(fd, 'utf8')).toBe('hello')
    })
  })

  it('has a limit that is none as the largest number there is', () => {
    const endless = { ...tree, heartbeat: { ...defaultHeartbeat, limitMs: Infinity } }
    expect(withBytes(packBootLetter({ prepareFor: endless }), readBootLetter)).toMatchObject({
      prepareFor: { heartbeat: { limitMs: Number.MAX_VALUE } },
    })
  })

  it.for([0, 3, 20])('is none when the link ends after %i bytes of it', (count) => {
    const bytes = packBootLetter({ prepareFor: tree }).subarray(0, count)
    expect(withBytes(bytes, readBootLetter)).toBeUndefined()
  })
})
