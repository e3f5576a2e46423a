import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lockRecording } from '../../observability/recording-lock.ts'
import { temporaryFolder } from '../pipelines/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

const folder = temporaryFolder()
const nobody = 65_534

describe('The lock of a recording', () => {
  it.skipIf(!existsSync('/proc/self/stat'))(
    'is taken over from a process that has ended, though its parent has not asked how',
    async () => {
      // What `exec` has put in the place of the shell knows nothing of the shell's child.
      const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      try {
        const pid = Number(await once(parent.stdout.setEncoding('utf8'), 'data'))
        const fields = () =>
          readFileSync(`/proc/${pid}/stat`, 'utf8')
            .replace(/^.*\) /s, '')
            .split(' ')
        const path = join(folder, 'zombie.jsonl')
        writeFileSync(`${path}.lock`, JSON.stringify({ pid, host: hostname(), began: fields()[19] }))
        await expect(lockRecording(path)).rejects.toThrow(`process ${pid} records to ${path} now: name another file`)
        process.kill(pid, 'SIGKILL')
        await waitUntil(() => fields()[0] === 'Z', { describe: fields })
        const lock = await lockRecording(path)
        lock.release()
      } finally {
        parent.kill('SIGKILL')
      }
    },
  )

  it('is missing in a folder that may not be written', async () => {
    chmodSync(folder, 0o555)
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(nobody)
    try {
      const lock = await lockRecording(join(folder, 'free.jsonl'))
      expect(lock.missing).toMatch(/^EACCES/)
    } finally {
      if (isRoot) process.seteuid?.(0)
      chmodSync(folder, 0o700)
    }
  })
})
