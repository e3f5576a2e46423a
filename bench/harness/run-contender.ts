import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Contender, Figures } from './workload.ts'

const folder = join(import.meta.dirname, '..')

// Longer than any takes: one that hangs is to be seen, not waited for.
const limitMs = 120_000

export interface RunOptions {
  readonly signal?: AbortSignal
}

/** Runs a contender once, in new processes. Throws what it wrote to stderr if it fails, hangs or prints no figures. */
export async function runContender(contender: Contender, options: RunOptions = {}): Promise<Figures> {
  await using running = startContender(contender, options)
  return await running.lastFigures()
}

/** A contender at work. Who started it disposes it, which kills what is left of its processes. */
export interface RunningContender extends AsyncDisposable {
  /** The figures of its next turn, for which it waits at its standard input. Throws as `runContender` does. */
  turn(): Promise<Figures>
  /** Has no more turns for it, and waits until it has ended. Throws as `runContender` does, and for whatever it wrote to stderr. */
  end(): Promise<void>
  /** Its last figures, once it has ended. Throws as `runContender` does. */
  lastFigures(): Promise<Figures>
}

export function startContender(contender: Contender, { signal }: RunOptions = {}): RunningContender {
  signal?.throwIfAborted()
  const { program, args = [], env = {}, execArgv = [] } = contender
  const child = spawn(process.execPath, [...execArgv, join(folder, program), ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A process group of its own: whatever it started ends with it.
    detached: true,
  })
  const killAll = () => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL')
    } catch {
      // There is nobody left.
    }
  }
  signal?.addEventListener('abort', killAll)
  // It may end without having read what it was told.
  child.stdin.on('error', () => undefined)
  const lines: string[] = []
  let onLine: () => void = () => undefined
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    onLine()
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const closed = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  closed.catch(() => undefined)

  /** What becomes of it within the time that it has. */
  async function within<T>(work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(killAll, limitMs)
    try {
      return await work()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(`${contender.name} (${program} ${args.join(' ')}): ${why}\n${errors}`, { cause: error })
    } finally {
      clearTimeout(timer)
    }
  }

  async function endedWell(): Promise<void> {
    const exitCode = await closed
    signal?.throwIfAborted()
    if (exitCode !== 0) throw new Error(`it ended with ${exitCode ?? `a signal, after at most ${limitMs} ms`}`)
  }

  return {
    turn: () =>
      within(async () => {
        if (lines.length > 0) throw new Error(`it spoke before its turn: ${lines[0]}`)
        const spoken = new Promise<void>((resolve) => (onLine = resolve))
        child.stdin.write('\n')
        await Promise.race([spoken, endedWell()])
        const line = lines.shift()
        if (line === undefined) throw new Error('it ended before its turn')
        return figuresOf(line)
      }),
    end: () =>
      within(async () => {
        child.stdin.end()
        await endedWell()
        if (errors !== '') throw new Error('it complained')
      }),
    lastFigures: () =>
      within(async () => {
        child.stdin.end()
        await endedWell()
        return figuresOf(lines.at(-1) ?? '')
      }),
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', killAll)
      killAll()
      await closed.catch(() => undefined)
    },
  }
}

function figuresOf(line: string): Figures {
  const figures: unknown = JSON.parse(line === '' ? 'null' : line)
  const isFigures = typeof figures === 'object' && figures !== null
  if (!isFigures || !Object.values(figures).every((value) => typeof value === 'number' && Number.isFinite(value))) {
    throw new Error(`its figures are not an object of numbers: ${line}`)
  }
  return figures as Figures
}
