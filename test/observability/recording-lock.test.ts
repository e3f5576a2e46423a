import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
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
const filesBeside = (path: string) => readdirSync(folder).filter((file) => file.startsWith(basename(path)))

describe('The lock of a recording', () => {
  it('says who has it until it is let go of, and can be had again then', async () => {
    const path = join(folder, 'free.jsonl')
    for (let times = 0; times < 2; times += 1) {
      const lock = await lockRecording(path)
      expect(lock.missing).toBe(undefined)
      expect(holderOf(path)).toMatchObject({ pid: process.pid, host })
      lock.release()
      expect(filesBeside(path)).toEqual([])
    }
  })

  it('is not had twice, by the same process neither', async () => {
    const path = join(folder, 'own.jsonl')
    const lock = await lockRecording(path)
    await expect(lockRecording(path)).rejects.toThrow(`process ${process.pid} records to ${path} now`)
    expect(holderOf(path)).toMatchObject({ pid: process.pid })
    lock.release()
  })

  it.each([
    ['on another host, of whose processes nobody knows here', { pid: 1, host: `not-${host}` }, ` on not-${host}`],
    ['by a process of which it is not said when it began', { pid: process.ppid, host }, ''],
  ])('is not had while it is held %s, though it may be had by hand', async (_, holder, where) => {
    const path = fileHeldBy('held.jsonl', JSON.stringify(holder))
    const what = `process ${holder.pid}${where} records to ${path} now: name another file, or remove ${path}.lock if it does not`
    await expect(lockRecording(path)).rejects.toThrow(new Error(what))
    expect(holderOf(path)).toEqual(holder)
  })

  it.each([
    // Linux has no process ids that are as large.
    ['by a process that is dead', JSON.stringify({ pid: 2 ** 30, host })],
    ['by a process whose id is another one now', JSON.stringify({ pid: process.ppid, host, began: 'never' })],
    ['by one that was killed as it wrote', '{"pi'],
    ['by nobody', '{}'],
  ])('is taken over where it was left %s', async (name, text) => {
    const path = fileHeldBy(`${name.length}.jsonl`, text)
    const lock = await lockRecording(path)
    expect(holderOf(path)).toMatchObject({ pid: process.pid })
    expect(filesBeside(path)).toEqual([`${basename(path)}.lock`])
    lock.release()
  })

  it('is had by one of many that find it stale', async () => {
    const path = fileHeldBy('stale.jsonl', JSON.stringify({ pid: 2 ** 30, host }))
    const taken = await Promise.allSettled(Array.from({ length: 5 }, () => lockRecording(path)))
    const had = taken.filter((each) => each.status === 'fulfilled')
    expect(had).toHaveLength(1)
    had[0]?.value.release()
    expect(filesBeside(path)).toEqual([])
  })

  it('is let go of when the process exits', async () => {
    const path = join(folder, 'left.jsonl')
    const before = process.listeners('exit')
    await lockRecording(path)
    const added = process.listeners('exit').filter((listener) => !before.includes(listener))
    for (const listener of added) listener.call(process, 0)
    expect(existsSync(`${path}.lock`)).toBe(false)
    expect(process.listeners('exit')).toEqual(before)
  })

  it('is missing where there can be none', async () => {
    const lock = await lockRecording(join(folder, 'none', 'free.jsonl'))
    expect(lock.missing).toMatch(/^ENOENT/)
    lock.release()
  })

  it('is given up where something else is in its place', async () => {
    const link = join(folder, 'link.jsonl')
    symlinkSync(join(folder, 'nowhere'), `${link}.lock`)
    await expect(lockRecording(link)).rejects.toThrow(
      `if nobody records to ${link}, remove ${link}.lock and ${link}.lock.stale`,
    )
    const taken = join(folder, 'folder.jsonl')
    mkdirSync(`${taken}.lock`)
    await expect(lockRecording(taken)).rejects.toThrow(`cannot see who has made ${taken}.lock: EISDIR`)
  })
})
