import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toJsonLine } from '../pipelines/cli/json-line.ts'
import { root } from './support/run-program.ts'
import { openTreeBed } from './support/tree.ts'
import { waitUntil } from './support/wait-until.ts'

const page = readFileSync(join(root, 'docs/standing-actors.md'), 'utf8')
const session = Array.from(page.matchAll(/^```console\n([^]*?)^```$/gm), ([, text]) => text ?? '').join('')
/** Each command with what is printed from then on to the next one. */
const steps = Array.from(session.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm), ([, command = '', output = '']) => {
  return { command, output }
})

const { temporaryDirectory } = openTreeBed()

/**
 * What differs from run to run: ids, processes, times, figures, the host, and where temporary files are. The host's
 * name is a word of its own, since a short one may well be within the random letters of a directory's.
 */
function withoutAccidents(text: string): string {
  return text
    .replaceAll(temporaryDirectory, '/tmp')
    .replaceAll(new RegExp(`(?<= )${RegExp.escape(hostname())}(?= |,)`, 'g'), 'lab')
    .replaceAll(/flow-\w{6}/g, 'flow-Xy12ab')
    .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, 'DATE')
    .replaceAll(/\b[0-9a-f]{12}\b/g, 'ID')
    .replaceAll(/(?<=process |lab +)\d+/g, 'PID')
    .replaceAll(/[\d.:]+ (?:ms|s|min)(?= )/g, 'AGE')
    .replaceAll(/ +/g, ' ')
}

/** The lines in any order: those of an actor and of the command that ends it come as they like. */
const linesOf = (text: string): string[] => withoutAccidents(text).trimEnd().split('\n').toSorted()

/** A shell that is told one command after another. Disposing it ends it and the actors that it has started. */
function openShell() {
  const child = spawn('bash', [], {
    cwd: root,
    detached: true,
    env: { ...process.env, NODE_OPTIONS: '', TMPDIR: temporaryDirectory },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error('bash did not start')
  let written = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (written += String(chunk)))
  return {
    /** Runs a command, and gives what is printed until there are so many lines of it and it has ended. */
    async run(command: string, lineCount: number): Promise<string> {
      const isBackground = command.endsWith('&')
      written = ''
      child.stdin.write(isBackground ? `${command}\n` : `${command}\necho "ended with $?"\n`)
      const printed = () => written.replace(/^ended with \d+\n/m, '')
      const isDone = () => (isBackground || written !== printed()) && printed().split('\n').length > lineCount
      await waitUntil(isDone, { describe: () => ({ command, written }) })
      return printed()
    },
    async end(): Promise<void> {
      child.stdin.end()
      await once(child, 'close')
    },
    [Symbol.dispose]() {
      // Its group, in which are the actors: none of them is left if a command printed something else.
      if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGTERM')
    },
  }
}

describe('docs/standing-actors.md', () => {
  // One test, because it is one shell: nothing may be left after it, and there is between its commands.
  it('shows what each command prints', async () => {
    expect(steps.map(({ command }) => command.split(' ')[2])).toEqual(
      expect.arrayContaining(['actor', 'call', 'stream', 'ps', 'stop', 'log']),
    )
    using shell = openShell()
    for (const { command, output } of steps) {
      // What npx would find, without the second that it takes to.
      const here = command
        .replaceAll('/tmp/', `${temporaryDirectory}/`)
        .replaceAll('npx flow', `'${process.execPath}' bin/flow.js`)
      const printed = await shell.run(here, output.split('\n').length - 1)
      expect({ command, printed: linesOf(printed) }).toEqual({ command, printed: linesOf(output) })
    }
    await shell.end()
  })

  it('has the table of what JSON has no word for', () => {
    const rows = Array.from(page.matchAll(/^\| (.*?) \| .*$/gm), ([, value]) => value)
    expect(rows).toEqual(expect.arrayContaining(['bigint', '`Date`', '`Map`', '`Set`', '`RegExp`']))
    expect(toJsonLine(10n ** 20n)).toBe('"100000000000000000000"\n')
    expect(
      toJsonLine(
        new Map([
          ['a', 1],
          ['b', 2],
        ]),
      ),
    ).toBe('[["a",1],["b",2]]\n')
  })
})
