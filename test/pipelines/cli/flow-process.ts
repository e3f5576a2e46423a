import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const main = join(import.meta.dirname, '../../../pipelines/cli/main.ts')
const deadlineMs = 20_000
/** In the environment of every process of a run, by which they are found. */
const marker = 'FLOW_TEST_RUN'

/** How a `flow` process ended, and what it wrote. */
export interface FlowEnding {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** A `flow` that runs, from the sources. Disposing it kills its processes, those that it should not have left too. */
export interface FlowProcess extends AsyncDisposable {
  readonly stdout: string
  readonly stderr: string
  /** As a terminal does at ctrl-c: to all processes of the run. */
  ctrlC(): void
  /** To the command alone. */
  kill(signal: NodeJS.Signals): void
  /** Stops reading its output, as `head` does. */
  closeStdout(): void
  /** Reads its output no more until that is resumed: what it writes fills up the pipe. */
  pauseStdout(): void
  resumeStdout(): void
  /** Waits until the text is on stderr. */
  saysOnStderr(text: string): Promise<void>
  /** Waits until something is on stdout. */
  saysOnStdout(text: string): Promise<void>
  ended(): Promise<FlowEnding>
  /** The ids of the processes of the run that are there now; known on Linux only. */
  processes(): number[]
}

/** Starts `flow` in a folder, in a process group of its own. */
export function startFlow(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): FlowProcess {
  const run = `${process.pid}-${performance.now()}`
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', [marker]: run, ...env },
  })
  const written = { stdout: collect(child, 'stdout'), stderr: collect(child, 'stderr') }
  const closed = once(child, 'close') as Promise<[number | null, string | null]>

  const says = (stream: 'stdout' | 'stderr', text: string): Promise<void> =>
    waitFor(
      () => written[stream]().includes(text),
      () => `${JSON.stringify(text)} on ${stream}, where there is ${JSON.stringify(written[stream]().slice(-2000))}`,
    )

  return {
    get stdout() {
      return written.stdout()
    },
    get stderr() {
      return written.stderr()
    },
    ctrlC: () => void process.kill(-(child.pid ?? Number.NaN), 'SIGINT'),
    kill: (signal) => void child.kill(signal),
    closeStdout: () => child.stdout?.destroy(),
    pauseStdout: () => void child.stdout?.pause(),
    resumeStdout: () => void child.stdout?.resume(),
    saysOnStderr: (text) => says('stderr', text),
    saysOnStdout: (text) => says('stdout', text),
    async ended() {
      let ending: [number | null, string | null] | undefined
      void closed.then((result) => (ending = result))
      await waitFor(
        () => ending !== undefined,
        () => `the end of the run, which has written ${JSON.stringify(written.stderr().slice(-2000))}`,
      )
      const [exitCode, signal] = ending ?? [null, null]
      return { exitCode, signal, stdout: written.stdout(), stderr: written.stderr() }
    },
    processes: () => processesOf(run),
    async [Symbol.asyncDispose]() {
      for (const pid of processesOf(run)) tryKill(pid)
      child.kill('SIGKILL')
      await closed
    },
  }
}

/** Waits until a condition holds; fails with what was waited for when that takes too long. */
export async function waitFor(condition: () => boolean, describe: () => string): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${deadlineMs} ms for ${describe()}`)
    await delay(10)
  }
}

function collect(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  let text = ''
  child[stream]?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return () => text
}

function processesOf(run: string): number[] {
  if (!existsSync('/proc/self/environ')) return []
  return globSync('/proc/[0-9]*/environ').flatMap((file) => {
    try {
      return readFileSync(file, 'utf8').split('\0').includes(`${marker}=${run}`) ? [Number(file.split('/')[2])] : []
    } catch {
      // It has ended meanwhile, or is another user's.
      return []
    }
  })
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
