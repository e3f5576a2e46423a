import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { processesOf } from './processes.ts'

/** The root of the repository. */
export const root: string = join(import.meta.dirname, '../..')

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>
  /** What is piped in; an input that ends at once where absent. */
  readonly stdin?: string
}

export interface ProgramEnding {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
  /** What it left: processes that still run, and files in the folder for temporary ones. */
  readonly leftBehind: readonly string[]
}

/** Runs a program of the repository's root as a user would, on the Node of this test, until it has ended. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramEnding> {
  const folder = await mkdtemp(join(tmpdir(), 'program-'))
  const path = [join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter)
  const cache = { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'node-compile-cache') }
  const env = { ...process.env, ...cache, NODE_OPTIONS: '', PATH: path, TMPDIR: folder, ...options.env }
  try {
    const child = spawn(command, args, { cwd: root, env })
    // A program that does not read its input closes it, which is no failure.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.stdin ?? '')
    const exited = once(child, 'exit') as Promise<[number | null]>
    const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), exited])
    const running = await processesOf(folder)
    const leftBehind = [...running.map(({ command }) => command), ...(await readdir(folder))]
    return { stdout, stderr, exitCode, leftBehind }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The rows of a table that `format: table` printed, each as its cells by column. */
export function readTable(printed: string): Record<string, string>[] {
  const [header = '', , ...rows] = printed.trimEnd().split('\n')
  const columns = header.trim().split(/ {2,}/)
  return rows.map((row) => {
    const cells = row.trim().split(/ {2,}/)
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']))
  })
}
