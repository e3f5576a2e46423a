import { waitUntil } from './wait-until.ts'

/** Where and why the process that is debugged stands still. */
export interface Paused {
  readonly reason: string
  readonly data: { readonly description: string }
  readonly callFrames: readonly { readonly callFrameId: string; readonly functionName: string }[]
}

/** A debugger at the other end of the protocol of V8's inspector. */
export class DebuggerClient {
  readonly #socket: WebSocket
  readonly #answers = new Map<number, (result: unknown) => void>()
  readonly #events: { method: string; params: unknown }[] = []
  #lastId = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const { id, result, method, params } = JSON.parse(String(data))
      if (method === undefined) this.#answers.get(id)?.(result)
      else this.#events.push({ method, params })
    })
  }

  static async connect(url: string): Promise<DebuggerClient> {
    const socket = new WebSocket(url)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', () => reject(new Error(`no debugger at ${url}`)))
    })
    return new DebuggerClient(socket)
  }

  post<T>(method: string, params: object = {}): Promise<T> {
    this.#lastId += 1
    this.#socket.send(JSON.stringify({ id: this.#lastId, method, params }))
    return new Promise<unknown>((resolve) => this.#answers.set(this.#lastId, resolve)) as Promise<T>
  }

  async paused(): Promise<Paused> {
    const next = () => this.#events.findIndex(({ method }) => method === 'Debugger.paused')
    await waitUntil(() => next() >= 0, { describe: () => this.#events.map(({ method }) => method) })
    return this.#events.splice(next(), 1)[0]?.params as Paused
  }

  /** The value of an expression in the frame that is stopped. */
  async evaluate({ callFrames }: Paused, expression: string): Promise<unknown> {
    const callFrameId = callFrames[0]?.callFrameId
    const evaluated = await this.post<{ result: { value: unknown } }>('Debugger.evaluateOnCallFrame', {
      callFrameId,
      expression,
    })
    return evaluated.result.value
  }

  close(): void {
    this.#socket.close()
  }
}
