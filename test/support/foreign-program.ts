import type { RunOptions } from '../../index.ts'
import { type Program, startProgram } from './program.ts'
import { waitUntil } from './wait-until.ts'

/** Starts a program with these variables in its environment beside the usual ones. */
export function startWith(env: Readonly<Record<string, string>>, name: string, ...args: string[]): Program {
  const before = Object.keys(env).map((key) => [key, process.env[key]] as const)
  Object.assign(process.env, env)
  try {
    return startProgram(name, ...args)
  } finally {
    for (const [key, value] of before) {
      if (value === undefined) delete process.env[key]
      else process.env[key] = value
    }
  }
}

/** Starts `joins.ts`: a program of its own that joins a tree, with these options of `run`. */
export function startJoining(options: RunOptions, ...args: string[]): Program {
  return startProgram('joins.ts', JSON.stringify(options), ...args)
}

/** Where such a program listens, once it does. */
export async function addressesOf(program: Program): Promise<string[]> {
  await program.said('listens at ')
  await waitUntil(() => program.output().stdout.includes('\n'), { describe: program.output })
  const [, addresses = ''] = /^listens at (.*)$/m.exec(program.output().stdout) ?? []
  return addresses.split(' ')
}

/** Ends `joins.ts` as a user does once it has come up, and waits for it. */
export async function endProgram(program: Program): Promise<void> {
  await program.said('listens at ')
  program.kill('SIGTERM')
  await program.ended
}
