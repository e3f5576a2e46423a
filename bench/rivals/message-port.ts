// Threads by hand: what costs least with the ports of node:worker_threads.
/* oxlint-disable unicorn/require-post-message-target-origin -- A thread has no origin. */
import { once } from 'node:events'
import { isMainThread, parentPort, type Transferable, Worker } from 'node:worker_threads'
import type { SmallItem } from '../work/small-items.ts'
import { streamed } from './items.ts'
import { type Item, type Rival, runRival, type StreamRequest } from './rival.ts'

const arrayCount = 256
// A port holds whatever is posted: what is under way is limited by hand. Counted in messages.
const window = 16
const acknowledgedAtOnce = window / 2

type Call = readonly [id: number, item: SmallItem]
/** A number is how many messages of the stream were read. */
type Question = { readonly request: StreamRequest } | { readonly call: Call } | number
/** Null is the end of the stream. */
type Answer = readonly Item[] | { readonly call: Call } | null

function serve(port: NonNullable<typeof parentPort>): void {
  let items: Iterator<Item, undefined> | undefined
  let itemsPerMessage = arrayCount
  let posted = 0
  const pump = () => {
    while (items !== undefined && posted < window) {
      const message: Item[] = []
      const transferred: Transferable[] = []
      while (message.length < itemsPerMessage) {
        const next = items.next()
        if (next.done === true) {
          items = undefined
          break
        }
        if ('bytes' in next.value) transferred.push(next.value.bytes.buffer as ArrayBuffer)
        message.push(next.value)
      }
      if (message.length > 0) {
        posted += 1
        port.postMessage(message, transferred)
      }
      if (items === undefined) port.postMessage(null)
    }
  }
  port.on('message', (question: Question) => {
    if (typeof question === 'number') {
      posted -= question
      pump()
    } else if ('call' in question) {
      port.postMessage(question)
    } else {
      items = streamed(question.request)
      itemsPerMessage = question.request.size > 0 ? 1 : arrayCount
      posted = 0
      pump()
    }
  })
}

async function connect(): Promise<Rival> {
  const worker = new Worker(import.meta.filename)
  await once(worker, 'online')
  const calls = new Map<number, (item: SmallItem) => void>()
  let lastCall = 0
  let received = 0
  let onItem: (item: Item) => void = () => undefined
  let onEnd: () => void = () => undefined
  worker.on('message', (answer: Answer) => {
    if (answer === null) return onEnd()
    if ('call' in answer) {
      const [id, item] = answer.call
      calls.get(id)?.(item)
      calls.delete(id)
      return
    }
    for (const item of answer) onItem(item)
    received += 1
    if (received % acknowledgedAtOnce === 0) worker.postMessage(acknowledgedAtOnce)
  })
  return {
    readStream: (request, listener) =>
      new Promise((resolve) => {
        onItem = listener
        onEnd = resolve
        received = 0
        worker.postMessage({ request })
      }),
    call: (item) =>
      new Promise((resolve) => {
        lastCall += 1
        calls.set(lastCall, resolve)
        worker.postMessage({ call: [lastCall, item] })
      }),
    close: () => void worker.terminate(),
  }
}

if (isMainThread) await runRival(connect)
else if (parentPort !== null) serve(parentPort)
