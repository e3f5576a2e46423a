import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { waitUntil } from './wait-until.ts'

/** How a program ended, and what it wrote. */
export interface Ending {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A program of `test/fixtures/programs/` that runs, in a process group of its own. */
export interface Program {
  readonly pid: number
  readonly ended: Promise<Ending>
  /** What it wrote so far. */
  output(): { stdout: string; stderr: string }
  /** Waits until it has written this. */
  said(text: string): Promise<void>
  /** A signal to the program alone. */
  kill(signal: NodeJS.Signals): void
  /** What a terminal does on ctrl-c: SIGINT to every process of the group. */
  pressCtrlC(): void
  freeze(): void
  thaw(): void
}

export function startProgram(name: string, ...args: string[]): Program {
  const path = fileURLToPath(new URL(`../fixtures/programs/${name}`, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const written = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk) => {
    written.stdout += String(chunk)
  })
  child.stderr?.on('data', (chunk) => {
    written.stderr += String(chunk)
  })
  const pid = child.pid ?? 0
  return {
    pid,
    ended: endingOf(child, written),
    output: () => ({ ...written }),
    said: (text) => waitUntil(() => written.stdout.includes(text), { withinMs: 20_000, describe: () => written }),
    kill: (signal) => void process.kill(pid, signal),
    pressCtrlC: () => void process.kill(-pid, 'SIGINT'),
    freeze: () => void process.kill(pid, 'SIGSTOP'),
    thaw: () => void process.kill(pid, 'SIGCONT'),
  }
}

function endingOf(child: ChildProcess, written: { stdout: string; stderr: string }): Promise<Ending> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    // 'close' comes after 'exit' and after the last output of every process that has the same pipes.
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, ...written }))
  })
}
