import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lockRecording } from '../../observability/recording-lock.ts'
import { temporaryFolder } from '../pipelines/temporary-folder.ts'

const folder = temporaryFolder()
const host = hostname()

function fileHeldBy(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(`${path}.lock`, text)
  return path
}

const holderOf = (path: string) => JSON.parse(readFileSync(`${path}.lock`, 'utf8')) as unknown

describe('The lock of a recording', () => {
  it('is taken once for a process, which may record to the file again', () => {
    const path = join(folder, 'free.jsonl')
    lockRecording(path)
    lockRecording(path)
    expect(holderOf(path)).toMatchObject({ pid: process.pid, host })
  })

  it('is not had while another process lives', () => {
    const path = fileHeldBy('held.jsonl', JSON.stringify({ pid: process.ppid, host }))
    expect(() => lockRecording(path)).toThrow(`process ${process.ppid} records to ${path} now: name another file`)
    expect(holderOf(path)).toEqual({ pid: process.ppid, host })
  })

  it('is not had while it is held on another host, of whose processes nobody knows here', () => {
    const path = fileHeldBy('far.jsonl', JSON.stringify({ pid: 1, host: `not-${host}` }))
    expect(() => lockRecording(path)).toThrow(
      `process 1 on not-${host} (if that has ended, remove ${path}.lock) records to`,
    )
  })

  it.each([
    // Linux has no process ids that are as large.
    ['by a process that is dead', JSON.stringify({ pid: 2 ** 30, host })],
    ['by a process whose id is another one now', JSON.stringify({ pid: process.ppid, host, began: 'never' })],
    ['by one that was killed as it wrote', '{"pi'],
    ['by nobody', '{}'],
  ])('is taken over where it was left %s', (name, text) => {
    const path = fileHeldBy(`${name.length}.jsonl`, text)
    lockRecording(path)
    expect(holderOf(path)).toMatchObject({ pid: process.pid })
    expect(readdirSync(folder).filter((file) => file.startsWith(basename(path)))).toEqual([`${basename(path)}.lock`])
  })

  it('is let go of when the process exits', () => {
    const path = join(folder, 'left.jsonl')
    lockRecording(path)
    process.listeners('exit').forEach((listener) => listener.name === 'releaseAll' && listener.call(process, 0))
    expect(existsSync(`${path}.lock`)).toBe(false)
  })
})
