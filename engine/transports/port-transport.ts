import type { MessagePort } from 'node:worker_threads'
import { UsageError } from '../errors.ts'
import { loadThreads } from '../late-builtins.ts'
import type { Connection, Listener, Transport } from '../transport.ts'
import { MessagePortConnection } from './message-port.ts'
import {
  addressHere,
  connectionRefused,
  isInThisProcess,
  isInThisThread,
  parseThreadAddress,
  type ThreadAddress,
} from './thread-address.ts'

const scheme = 'port'

/** What is sent to another thread to connect with it; other messages between threads are not ours. */
interface Call {
  readonly actorflowDials: string
  readonly port: MessagePort
}

// Who listens in this thread, by address.
const listeners = new Map<string, (connection: Connection) => void>()

/**
 * Actors of one process: `port:<pid>-<threadId>/<id>`. A dial sends one port of a new pair to the thread, which takes it in
 * between its other work: a thread that is busy lets the dialler wait until then. The calls between two workers pass
 * through the main thread, the bytes afterwards do not.
 */
export const messagePortTransport: Transport = {
  scheme,

  async listen(address: string, onConnection: (connection: Connection) => void): Promise<Listener> {
    if (!isInThisThread(parseThreadAddress(scheme, address))) {
      throw new UsageError(`cannot listen at '${address}': write ${portAddress('<id>')}, which is in this thread`)
    }
    if (listeners.has(address)) throw new UsageError(`cannot listen at ${address}: it is taken already`)
    if (listeners.size === 0) process.on('workerMessage', takeCall)
    listeners.set(address, onConnection)
    return {
      address,
      async close() {
        if (listeners.get(address) !== onConnection) return
        listeners.delete(address)
        if (listeners.size === 0) process.off('workerMessage', takeCall)
      },
    }
  },

  async dial(address: string, { signal }: { signal?: AbortSignal } = {}): Promise<Connection> {
    const place = parseThreadAddress(scheme, address)
    if (place === undefined) {
      throw new UsageError(`'${address}' is no address of a thread: it has the form ${scheme}:<pid>-<threadId>/<id>`)
    }
    signal?.throwIfAborted()
    if (!isInThisProcess(place)) throw connectionRefused(address, 'it is in another process')
    const { MessageChannel } = loadThreads()
    const { port1, port2 } = new MessageChannel()
    try {
      await waitForAnswer(port1, call(place, { actorflowDials: address, port: port2 }), signal)
    } catch (error) {
      port1.close()
      if (signal?.aborted) throw signal.reason
      throw connectionRefused(address, 'there is no such thread, or nobody listens in it', { cause: error })
    }
    return new MessagePortConnection(port1, address, { sameThread: isInThisThread(place) })
  },
}

/** The address in this thread under which an actor can listen for the other threads of the process. */
export function portAddress(id: string): string {
  return addressHere(scheme, id)
}

/** Whether it is a port address that can be dialled from this process. */
export function isPortAddressHere(address: string): boolean {
  return isInThisProcess(parseThreadAddress(scheme, address))
}

/** Hands the call over. Resolves when the thread has seen it, whoever may have taken it. */
async function call(place: ThreadAddress, message: Call): Promise<void> {
  if (!isInThisThread(place)) {
    await loadThreads().postMessageToThread(place.threadId, message, [message.port])
    return
  }
  // The system calls other threads only.
  await new Promise((resolve) => setImmediate(resolve))
  takeCall(message, place.threadId)
}

/** Throws if nobody took the call: then there is no word in the port. A thread that ends meanwhile closes it. */
async function waitForAnswer(port: MessagePort, called: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = () => reject(signal?.reason as Error)
  const onClose = () => reject(new Error('the thread ended'))
  signal?.addEventListener('abort', onAbort, { once: true })
  port.once('close', onClose)
  // A dial keeps the process alive, as any other.
  port.ref()
  called.then(resolve, reject)
  try {
    await promise
    if (loadThreads().receiveMessageOnPort(port) === undefined) throw new Error('nobody took the call')
  } finally {
    signal?.removeEventListener('abort', onAbort)
    port.off('close', onClose)
  }
}

function takeCall(message: unknown, source: number): void {
  if (!isCall(message)) return
  // An address that is unknown here may be another copy's of this module.
  const onConnection = listeners.get(message.actorflowDials)
  if (onConnection === undefined) return
  message.port.postMessage('taken', [])
  const sameThread = isInThisThread({ pid: process.pid, threadId: source, id: '' })
  onConnection(new MessagePortConnection(message.port, message.actorflowDials, { sameThread }))
}

function isCall(message: unknown): message is Call {
  return (
    typeof message === 'object' &&
    message !== null &&
    'actorflowDials' in message &&
    'port' in message &&
    message.port instanceof loadThreads().MessagePort
  )
}
