import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { RunOptions } from '../../index.ts'
import type { NetworkHost } from './network.ts'
import { waitUntil } from './wait-until.ts'

/** A command that `does-as-told.ts` was given. */
export interface Told {
  /** What has come of it so far. */
  readonly said: readonly unknown[]
  /** Waits until it has said something like that, as JSON. */
  says(what: unknown): Promise<void>
  /** Its result, or its error as `{ code, message, … }`. */
  readonly result: Promise<unknown>
}

/** `does-as-told.ts`, running on a host. */
export interface ToldProgram {
  readonly addresses: readonly string[]
  tell(command: string, ...args: unknown[]): Told
  /** The same for what has a result soon. */
  ask(command: string, ...args: unknown[]): Promise<unknown>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<{ readonly exitCode: number | null; readonly last: string }>
  /** Ends it as a user does, and waits for that. */
  end(): Promise<void>
}

const file = fileURLToPath(new URL('../fixtures/programs/does-as-told.ts', import.meta.url))
const withinMs = 30_000

/** Starts it as the root of a tree with these options, and waits until it listens, or has ended. */
export async function startTold(host: NetworkHost, options: RunOptions): Promise<ToldProgram> {
  const child = host.spawn(process.execPath, [file, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const commands = new Map<string, { readonly said: unknown[]; readonly result: PromiseWithResolvers<unknown> }>()
  let last = ''
  const listening = Promise.withResolvers<readonly string[]>()
  createInterface(child.stdout as NodeJS.ReadableStream).on('line', (line) => {
    last = line
    const [, addresses] = /^listens at (.*)$/.exec(line) ?? []
    if (addresses !== undefined) return listening.resolve(addresses.split(' '))
    const [, number = '', json = 'null'] = /^(\d+) (.*)$/.exec(line) ?? []
    const what = JSON.parse(json) as unknown
    commands.get(number)?.said.push(what)
    if (typeof what !== 'object' || what === null) return
    if ('error' in what) commands.get(number)?.result.resolve(what.error)
    else if ('result' in what) commands.get(number)?.result.resolve(what.result)
  })
  const ended = new Promise<{ exitCode: number | null; last: string }>((resolve) => {
    child.once('close', (exitCode) => resolve({ exitCode, last }))
  })
  void ended.then(() => listening.resolve([]))
  const tell = (command: string, ...args: unknown[]): Told => {
    const number = String(commands.size + 1)
    const result = Promise.withResolvers<unknown>()
    const said: unknown[] = []
    commands.set(number, { said, result })
    child.stdin?.write(`${[number, command, ...args.map((arg) => JSON.stringify(arg))].join(' ')}\n`)
    const has = (text: string) => said.some((each) => JSON.stringify(each).includes(text))
    return {
      said,
      result: result.promise,
      says: (what) => {
        const text = JSON.stringify(what)
        return waitUntil(() => has(text), { withinMs, describe: () => ({ command, args, waitsFor: what, said, last }) })
      },
    }
  }
  return {
    addresses: await listening.promise,
    tell,
    ask: (command, ...args) => tell(command, ...args).result,
    kill: (signal) => void child.kill(signal),
    ended,
    async end() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
