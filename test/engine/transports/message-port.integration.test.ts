import { once } from 'node:events'
import { MessageChannel, postMessageToThread, threadId, Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryAddress } from '../../../engine/transports/memory.ts'
import { MessagePortConnection } from '../../../engine/transports/message-port.ts'
import { isPortAddressHere, messagePortTransport, portAddress } from '../../../engine/transports/port-transport.ts'
import { describeTransport } from '../../contracts/transport.contract.ts'
import type { Answer, Order } from '../../fixtures/threads/echoes.ts'
import { countingBytes, End, openHandles, turns } from '../../support/connection-end.ts'
import { errorOf } from '../../support/thrown.ts'
import { waitUntil } from '../../support/wait-until.ts'

let lastId = 0
const newAddress = () => {
  lastId += 1
  return portAddress(`id-${lastId}`)
}

describeTransport('port:', async () => ({ transport: messagePortTransport, newAddress }))

const mebibyte = 1024 * 1024
const workers: Worker[] = []
const handlesBefore = openHandles()

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()))
  await waitUntil(() => openHandles() === handlesBefore, { describe: openHandles })
})

/** A thread that echoes, and its address. */
class Thread {
  readonly worker: Worker
  readonly address: Promise<string>

  constructor(options: { readonly silent?: boolean } = {}) {
    this.worker = new Worker(new URL('../../fixtures/threads/echoes.ts', import.meta.url), { workerData: options })
    workers.push(this.worker)
    this.address = this.#answer().then((answer) => ('address' in answer ? answer.address : ''))
  }

  async told(order: Order): Promise<Answer> {
    this.tell(order)
    return await this.#answer()
  }

  tell(order: Order): void {
    this.worker.postMessage(order, [])
  }

  /** Blocks the thread until what this returns is called. It answers that with the count of its connections. */
  async block(): Promise<() => Promise<Answer>> {
    const gate = new Int32Array(new SharedArrayBuffer(4))
    this.tell({ kind: 'block', gate })
    await Atomics.waitAsync(gate, 0, 0).value
    return async () => {
      Atomics.store(gate, 0, 0)
      Atomics.notify(gate, 0)
      return await this.#answer()
    }
  }

  async #answer(): Promise<Answer> {
    const [answer] = (await once(this.worker, 'message')) as [Answer]
    return answer
  }
}

async function startThread(options: { readonly silent?: boolean } = {}): Promise<{ thread: Thread; address: string }> {
  const thread = new Thread(options)
  return { thread, address: await thread.address }
}

describe('A connection between threads', () => {
  const connectTo = async (address: string) => new End(await messagePortTransport.dial(address)).start()

  it('carries bytes to the other thread and back', async () => {
    const { address } = await startThread()
    const end = await connectTo(address)
    expect(end.connection.sameThread).toBe(false)
    const size = 8 * mebibyte
    for (let at = 0; at < size; at += 65_536) end.write(countingBytes(65_536, at))
    await end.until(() => end.byteCount >= size)
    expect(end.bytes.equals(countingBytes(size))).toBe(true)
    end.connection.end()
    await end.closed()
    await turns()
    expect(end.closes).toEqual([undefined])
  })

  it('is congested by a thread that is busy, and goes on after that', async () => {
    const { thread, address } = await startThread()
    const end = await connectTo(address)
    const goOn = await thread.block()
    let written = 0
    while (!end.connection.congested) {
      end.write(countingBytes(65_536, written))
      written += 65_536
    }
    expect(written).toBeLessThanOrEqual(2 * mebibyte)
    await turns()
    expect(end.drainCount).toBe(0)
    await goOn()
    await end.until(() => end.drainCount === 1 && end.byteCount >= written)
    expect(end.connection.congested).toBe(false)
    end.connection.destroy()
    await end.closed()
  })

  it.each([
    ['is terminated', (thread: Thread) => void thread.worker.terminate()],
    ['exits', (thread: Thread) => thread.tell({ kind: 'exit' })],
    ['crashes', (thread: Thread) => thread.tell({ kind: 'crash' })],
  ])('ends when the other thread %s, after all that it wrote', async (_, end) => {
    const { thread, address } = await startThread()
    thread.worker.on('error', () => undefined)
    const [idle, busy] = [await connectTo(address), await connectTo(address)]
    busy.write(countingBytes(mebibyte))
    await busy.until(() => busy.byteCount > 0)
    end(thread)
    await Promise.all([idle.closed(), busy.closed()])
    idle.write('too late')
    await turns()
    expect([idle.closes, busy.closes]).toEqual([[undefined], [undefined]])
    expect(busy.bytes.equals(countingBytes(mebibyte))).toBe(true)
  })

  it('brings each write as one chunk that has its memory for itself', async () => {
    const { port1, port2 } = new MessageChannel()
    const [left, right] = [port1, port2].map((port) =>
      new End(new MessagePortConnection(port, 'the link')).start(),
    ) as [End, End]
    left.write('one ', 'two ')
    left.write(countingBytes(100_000))
    await right.until(() => right.byteCount >= 100_008)
    expect(right.chunks.map(({ byteLength, buffer }) => [byteLength, buffer.byteLength])).toEqual([
      [8, 8],
      [100_000, 100_000],
    ])
    left.connection.end()
    await Promise.all([left.closed(), right.closed()])
  })
})

describe('The transport between threads', () => {
  const hello = { echo: 'hello there', sameThread: false }

  it('dials a thread from the main thread', async () => {
    const { address } = await startThread()
    const end = new End(await messagePortTransport.dial(address)).start()
    end.write('hello')
    await end.until(() => end.byteCount >= 5)
    end.connection.end()
    await end.closed()
    expect(end.bytes.toString()).toBe('hello')
  })

  it('dials the main thread from a thread', async () => {
    const { thread } = await startThread()
    const listener = await messagePortTransport.listen(newAddress(), (connection) => {
      connection.start({
        onBytes: (chunk) => connection.write([chunk]),
        onDrain: () => undefined,
        onClose: () => undefined,
      })
    })
    expect(await thread.told({ kind: 'dial', address: listener.address })).toEqual(hello)
    await listener.close()
  })

  it('dials a thread from another thread, and itself', async () => {
    const [one, two] = [await startThread(), await startThread()]
    expect(await one.thread.told({ kind: 'dial', address: two.address })).toEqual(hello)
    expect(await two.thread.told({ kind: 'dial', address: one.address })).toEqual(hello)
    expect(await two.thread.told({ kind: 'dial', address: two.address })).toEqual({ ...hello, sameThread: true })
  })

  it('dials the thread of a thread', async () => {
    const [one, two] = [await startThread(), await startThread()]
    const inner = await two.thread.told({ kind: 'start another' })
    const address = 'address' in inner ? inner.address : ''
    expect(await one.thread.told({ kind: 'dial', address })).toEqual(hello)
    const end = new End(await messagePortTransport.dial(address)).start()
    end.connection.end()
    await end.closed()
  })

  it('lets two threads dial each other at once', async () => {
    const [one, two] = [await startThread(), await startThread()]
    const answers = await Promise.all([
      one.thread.told({ kind: 'dial', address: two.address }),
      two.thread.told({ kind: 'dial', address: one.address }),
    ])
    expect(answers).toEqual([hello, hello])
  })

  it.each([
    [
      'a thread that there is not',
      `port:${process.pid}-4711/echoes`,
      'there is no such thread, or nobody listens in it',
    ],
    ['another process', `port:${process.pid + 1}-1/echoes`, 'it is in another process'],
    ['this thread, where nobody listens', portAddress('nobody'), 'there is no such thread, or nobody listens in it'],
  ])('refuses to dial %s', async (_, address, why) => {
    const error = await errorOf(messagePortTransport.dial(address))
    expect(error).toMatchObject({ code: 'ECONNREFUSED', message: `connect ECONNREFUSED ${address}: ${why}` })
  })

  it('refuses to dial a thread in which nobody listens, or nobody of that name', async () => {
    const silent = await startThread({ silent: true })
    const listening = await startThread()
    const addresses = [
      `port:${process.pid}-${silent.thread.worker.threadId}/echoes`,
      listening.address.replace('/echoes', '/another'),
    ]
    for (const address of addresses) {
      expect(await errorOf(messagePortTransport.dial(address))).toHaveProperty('code', 'ECONNREFUSED')
      expect(await listening.thread.told({ kind: 'dial', address })).toHaveProperty('code', 'ECONNREFUSED')
    }
  })

  it("cannot dial another thread's memory", async () => {
    const { thread } = await startThread()
    const answer = await thread.told({ kind: 'dial', address: memoryAddress('a') })
    expect(answer).toHaveProperty('failure', expect.stringContaining('it is not in this thread'))
  })

  it('waits for a thread that is busy', async () => {
    const { thread, address } = await startThread()
    const goOn = await thread.block()
    const dialled = messagePortTransport.dial(address)
    await turns()
    await goOn()
    const end = new End(await dialled).start()
    end.write('at last')
    await end.until(() => end.byteCount >= 7)
    expect(end.bytes.toString()).toBe('at last')
    end.connection.destroy()
    await end.closed()
  })

  it('gives up waiting for a busy thread when the signal says so', async () => {
    const { thread, address } = await startThread()
    const goOn = await thread.block()
    const controller = new AbortController()
    const reason = new Error('enough')
    const dialled = errorOf(messagePortTransport.dial(address, { signal: controller.signal }))
    await turns()
    controller.abort(reason)
    expect(await dialled).toBe(reason)
    await goOn()
    // The thread goes on as before.
    expect(await thread.told({ kind: 'dial', address })).toEqual({ ...hello, sameThread: true })
  })

  it('fails when the thread ends before it has answered', async () => {
    const { thread, address } = await startThread()
    await thread.block()
    const dialled = errorOf(messagePortTransport.dial(address))
    await turns()
    await thread.worker.terminate()
    expect(await dialled).toHaveProperty('code', 'ECONNREFUSED')
  })

  it('leaves messages between threads that are not its own to others', async () => {
    const { thread } = await startThread()
    await postMessageToThread(thread.worker.threadId, { port: 'not ours', actorflowDials: 1 })
    await postMessageToThread(thread.worker.threadId, null)
    expect(await errorOf(messagePortTransport.dial(portAddress('nobody')))).toHaveProperty('code', 'ECONNREFUSED')
  })

  it('has nothing to do with the process when nobody listens', async () => {
    const before = process.listenerCount('workerMessage')
    const [one, two] = [newAddress(), newAddress()]
    const listeners = [
      await messagePortTransport.listen(one, () => undefined),
      await messagePortTransport.listen(two, () => undefined),
    ]
    expect(process.listenerCount('workerMessage')).toBe(before + 1)
    for (const listener of listeners) await listener.close()
    expect(process.listenerCount('workerMessage')).toBe(before)
  })

  it('knows which addresses are in this process', () => {
    expect(portAddress('a')).toBe(`port:${process.pid}-${threadId}/a`)
    expect(isPortAddressHere(`port:${process.pid}-${threadId + 1}/a`)).toBe(true)
    expect(isPortAddressHere(`port:${process.pid + 1}-${threadId}/a`)).toBe(false)
    expect(isPortAddressHere('port:a')).toBe(false)
  })
})
