import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** One way to get a redis-server: what to run, and where it may be. */
interface Installation {
  readonly command: string
  readonly isPossible: () => boolean
  readonly steps: readonly (readonly string[])[]
}

const installations: readonly Installation[] = [
  {
    command: 'sudo apt-get install -y redis-server',
    isPossible: () => findOnPath('apt-get') !== undefined && process.getuid?.() === 0,
    steps: [
      ['apt-get', 'update', '-q'],
      ['apt-get', 'install', '-y', '-q', '--no-install-recommends', 'redis-server'],
    ],
  },
  {
    command: 'brew install redis',
    isPossible: () => findOnPath('brew') !== undefined && process.getuid?.() !== 0,
    steps: [['brew', 'install', '--quiet', 'redis']],
  },
]

/**
 * The path of a redis-server: the one on PATH, or else one that is installed now, where that may be done. Else it throws
 * with the one command to run.
 */
export async function ensureRedisBinary(): Promise<string> {
  const known = findOnPath('redis-server')
  if (known !== undefined) return known
  const possible = installations.find((each) => each.isPossible())
  let why: unknown
  try {
    for (const [command = '', ...args] of possible?.steps ?? []) {
      // The service that comes with it is not started: a runlevel in which nothing is, and a question that is not asked.
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1', HOMEBREW_NO_AUTO_UPDATE: '1' }
      await run(command, args, { env, timeout: 300_000 })
    }
  } catch (error) {
    why = error
  }
  const installed = findOnPath('redis-server')
  if (installed !== undefined) return installed
  throw new Error(`these tests need a redis-server, and there is none on PATH. Run: ${commandFor(possible)}`, {
    cause: why,
  })
}

function commandFor(possible: Installation | undefined): string {
  const [apt, brew] = installations
  return (possible ?? (process.platform === 'darwin' ? brew : apt))?.command ?? ''
}

function findOnPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
