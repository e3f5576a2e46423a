import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Contender, Figures } from './workload.ts'

const folder = join(import.meta.dirname, '..')

// Longer than any takes: one that hangs is to be seen, not waited for.
const limitMs = 120_000

/** Runs a contender once, in new processes. Throws what it wrote to stderr if it fails, hangs or prints no figures. */
export async function runContender(contender: Contender, { signal }: { signal?: AbortSignal } = {}): Promise<Figures> {
  const { program, args = [], env = {}, execArgv = [] } = contender
  const child = spawn(process.execPath, [...execArgv, join(folder, program), ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
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
  const timer = setTimeout(killAll, limitMs)
  signal?.addEventListener('abort', killAll)
  const texts = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text))
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.once('error', reject)
  child.once('close', resolve)
  try {
    const exitCode = await promise
    signal?.throwIfAborted()
    if (exitCode !== 0) throw new Error(`it ended with ${exitCode ?? `a signal, after at most ${limitMs} ms`}`)
    return figuresOf(texts.out)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`${contender.name} (${program} ${args.join(' ')}): ${why}\n${texts.err}`, { cause: error })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', killAll)
    killAll()
  }
}

function figuresOf(text: string): Figures {
  const line = text.trimEnd().split('\n').at(-1) ?? ''
  const figures: unknown = JSON.parse(line === '' ? 'null' : line)
  const isFigures = typeof figures === 'object' && figures !== null
  if (!isFigures || !Object.values(figures).every((value) => typeof value === 'number' && Number.isFinite(value))) {
    throw new Error(`its last line is not an object of numbers: ${line}`)
  }
  return figures as Figures
}
