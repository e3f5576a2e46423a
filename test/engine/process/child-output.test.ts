import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { recordMark, verbatimMark } from '../../../engine/log-output.ts'
import type { LogFormat } from '../../../engine/log-settings.ts'
import { ChildOutput } from '../../../engine/process/child-output.ts'

const record = { level: 'warn', time: '2026-01-31T12:00:01.250Z', pid: 7, actor: 'words', actorId: 'ab12', msg: 'late' }
const entry = `${recordMark}${JSON.stringify(record)}\n`

/** What the root shows of what the process of an actor writes to its stderr, or stdout, in these pieces. */
async function shown(
  pieces: readonly (string | Uint8Array)[],
  format: LogFormat = 'pretty',
  name: 'stdout' | 'stderr' = 'stderr',
): Promise<string> {
  const stream = Object.assign(new PassThrough(), { ref: () => undefined, unref: () => undefined })
  const output = new ChildOutput({ [name]: stream as unknown as Socket }, 7, format)
  output.owner = { name: 'words', id: 'ab12' }
  for (const piece of pieces) stream.write(piece)
  stream.end()
  await output.drained()
  return text
}

let text = ''

describe('What the process of an actor writes', () => {
  beforeEach(() => {
    text = ''
    vi.spyOn(process.stderr, 'write').mockImplementation((some) => {
      text += String(some)
      return true
    })
  })
  afterEach(() => void vi.restoreAllMocks())

  it('is shown line by line with its name, however it comes', async () => {
    const bytes = Buffer.from('größe\r\nrest')
    expect(await shown(['one\ntw', 'o\n', bytes.subarray(0, 3), bytes.subarray(3)])).toBe(
      'words | one\nwords | two\nwords | größe\nwords | rest\n',
    )
  })

  it('is an entry of its log where it is marked as one, even after a line without an end', async () => {
    const late = '12:00:01.250Z WARN  words late\n'
    expect(await shown([entry, 'half', entry])).toBe(`${late}words | half\n${late}`)
    text = ''
    expect(await shown([entry, 'half\n'], 'json')).toMatch(
      /^\{"level":"warn",.*"msg":"late"\}\n\{"level":"info",.*"actor":"words","actorId":"ab12","stream":"stderr","msg":"half"\}\n$/,
    )
  })

  it('is shown as it is where it asks for that', async () => {
    expect(await shown([`${verbatimMark}{"a":1}\nb\n`], 'json')).toMatch(/^\{"a":1\}\n\{.*"msg":"b"\}\n$/)
  })

  it('is only printed where it goes to stdout, whatever is in it', async () => {
    expect(await shown([`${verbatimMark}\x1b[2Jrow${recordMark}5\n`], 'pretty', 'stdout')).toBe('words | row5\n')
  })

  it('is printed where it only looks like an entry', async () => {
    expect(await shown([`${recordMark}{"level":\n`, `${recordMark}5\n`])).toBe('words | {"level":\nwords | 5\n')
    text = ''
    expect(await shown([`${recordMark}{"time":"now"}\n`])).toBe('words | {"time":"now"}\n')
  })

  it('is cut where it has no end of line for too long', async () => {
    const lines = (await shown(['x'.repeat(1_500_000), 'y'.repeat(1_000_000), '\n'])).trimEnd().split('\n')
    expect(lines.map((line) => line.length - 'words | '.length)).toEqual([1_048_576, 1_048_576, 402_848])
  })
})
