import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A program that tests need, and what the packages are called that have it. */
export interface NeededProgram {
  readonly name: string
  readonly aptPackage: string
  readonly brewFormula?: string
}

/** One way to get it: what a user would type, and what is run. */
interface Installation {
  readonly command: string
  readonly isPossible: boolean
  readonly steps: readonly (readonly string[])[]
}

/**
 * The path of a program: the one on PATH, or else one that is installed now, where that may be done (apt-get as root, brew). Else
 * it throws with the one command to run.
 */
export async function ensureProgram(needed: NeededProgram): Promise<string> {
  const known = findOnPath(needed.name)
  if (known !== undefined) return known
  const ways = installationsOf(needed)
  const possible = ways.find(({ isPossible }) => isPossible)
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
  const installed = findOnPath(needed.name)
  if (installed !== undefined) return installed
  const command = (possible ?? (process.platform === 'darwin' ? ways.at(-1) : ways[0]))?.command
  throw new Error(`these tests need the program ${needed.name}, and there is none on PATH. Run: ${command}`, {
    cause: why,
  })
}

function installationsOf({ aptPackage, brewFormula }: NeededProgram): Installation[] {
  const isRoot = process.getuid?.() === 0
  const apt: Installation = {
    command: `sudo apt-get install -y ${aptPackage}`,
    isPossible: isRoot && findOnPath('apt-get') !== undefined,
    steps: [
      ['apt-get', 'update', '-q'],
      ['apt-get', 'install', '-y', '-q', '--no-install-recommends', aptPackage],
    ],
  }
  if (brewFormula === undefined) return [apt]
  const brew: Installation = {
    command: `brew install ${brewFormula}`,
    isPossible: !isRoot && findOnPath('brew') !== undefined,
    steps: [['brew', 'install', '--quiet', brewFormula]],
  }
  return [apt, brew]
}

function findOnPath(name: string): string | undefined {
  // Where programs for root are, which is not always on PATH.
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
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
