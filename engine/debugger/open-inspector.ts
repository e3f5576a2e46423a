import { once } from 'node:events'
import inspector from 'node:inspector'
import { isMainThread, Worker } from 'node:worker_threads'
import { throwHolderEntry } from '../entry-points.ts'
import type { ActorId } from '../errors.ts'

/** What makes an actor's process one that a debugger can be attached to. */
export interface Inspector {
  /** Where a debugger connects to; it is in the list of chrome://inspect too. */
  readonly url: string
  /** Lets go of whoever is attached. A process that ends without this waits until they have gone by themselves. */
  close(): Promise<void>
}

/**
 * Opens the inspector of this process, at a free port of 127.0.0.1, and holds each function that was called with
 * `callExposed` where it throws: the process stands still there, and says so, until a debugger has attached and resumed it.
 * Undefined in a thread, which has no inspector of its own.
 */
export async function openInspector(actor: ActorId): Promise<Inspector | undefined> {
  if (!isMainThread) return undefined
  const opened = inspector.url() === undefined
  if (opened) inspector.open(0, '127.0.0.1')
  const url = inspector.url() ?? ''
  const worker = new Worker(throwHolderEntry, { workerData: { actor, url }, execArgv: [], name: 'flow debugger' })
  await once(worker, 'message')
  worker.unref()
  return {
    url,
    async close() {
      await worker.terminate()
      if (opened) inspector.close()
    },
  }
}
