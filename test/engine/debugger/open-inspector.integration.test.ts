import { afterEach, describe, expect, it } from 'vitest'
import { type Program, startProgram } from '../../support/program.ts'
import { waitUntil } from '../../support/wait-until.ts'

interface Paused {
  readonly reason: string
  readonly data: { readonly description: string }
  readonly callFrames: readonly { readonly callFrameId: string; readonly functionName: string }[]
}

/** A debugger at the other end of the protocol of V8's inspector. */
class DebuggerClient {
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

const running = new Set<Program>()

function start(): Program {
  const program = startProgram('throws-while-debugged.ts')
  running.add(program)
  void program.ended.then(() => running.delete(program))
  return program
}

afterEach(async () => {
  for (const program of running) {
    program.kill('SIGKILL')
    await program.ended
  }
})

async function heldTimes(program: Program, count: number): Promise<string> {
  const held = () =>
    program
      .output()
      .stderr.split('\n')
      .filter((line) => line.includes('it is held there'))
  await waitUntil(() => held().length === count, { describe: () => program.output() })
  return held().at(-1) ?? ''
}

describe('An actor that is debugged', () => {
  it('stands still where its functions throw, for a debugger to look around and resume', async () => {
    const program = start()
    const line = await heldTimes(program, 1)
    expect(line).toMatch(
      /^actorflow: actor 'parser' \(ab12\) threw Error: thrown at once in \(anonymous\) \(file:.*\.ts:\d+:\d+\)/,
    )
    expect(program.output().stdout).toBe(
      "caught: in time\nfine: text\ncancelled: threw ContextCancelledError: cancelled by actor 'parser' (ab12): enough\n",
    )

    const url = /ws:[^\s;]+/.exec(line)?.[0] ?? ''
    const client = await DebuggerClient.connect(url)
    await client.post('Runtime.enable')
    await client.post('Debugger.enable')

    const sync = await client.paused()
    expect(await client.evaluate(sync, 'thrownError.message')).toBe('thrown at once')
    expect(await client.evaluate(sync, 'secret')).toBe('sync secret')
    await client.post('Debugger.resume')

    const async = await client.paused()
    expect(async.callFrames[0]?.functionName).toBe('parse')
    expect(await client.evaluate(async, '[text, lineNumber].join()')).toBe(',42')
    await client.post('Debugger.resume')

    const stream = await client.paused()
    expect(stream.data.description).toContain('TypeError: an empty text')
    await client.post('Debugger.resume')

    const ending = await program.ended
    expect(ending).toMatchObject({ exitCode: 0, signal: null })
    expect(ending.stdout.split('\n').slice(3)).toEqual([
      'sync: threw Error: thrown at once',
      'async: threw TypeError: an empty text',
      'stream: threw TypeError: an empty text',
      'the end',
      '',
    ])
    client.close()
  })

  it('is held again for a debugger that comes later', async () => {
    const program = start()
    for (let count = 1; count <= 3; count += 1) {
      const url = /ws:[^\s;]+/.exec(await heldTimes(program, count))?.[0] ?? ''
      const client = await DebuggerClient.connect(url)
      await client.post('Debugger.enable')
      await client.paused()
      await client.post('Debugger.resume')
      client.close()
    }
    expect((await program.ended).stdout).toContain('the end\n')
  })
})
