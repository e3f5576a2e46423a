// How long it takes until a bare process, or thread, has answered.
//
// spawn.ts [--kind process|thread]
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { report } from '../work/figures.ts'
import { measureStarts, type Started } from '../work/starts.ts'
import { startPeer } from './link.ts'

const { values } = parseArgs({ options: { kind: { type: 'string', default: 'process' } } })

async function startProcess(): Promise<Started> {
  const { child, socket } = startPeer(join(import.meta.dirname, 'bare-child.mjs'))
  socket.write('item')
  await once(socket, 'data')
  const exited = once(child, 'exit')
  return {
    async end() {
      socket.end()
      await exited
    },
  }
}

async function startThread(): Promise<Started> {
  const worker = new Worker(join(import.meta.dirname, 'bare-worker.mjs'))
  worker.postMessage('item', [])
  await once(worker, 'message')
  return { end: async () => void (await worker.terminate()) }
}

report(await measureStarts(values.kind === 'thread' ? startThread : startProcess))
