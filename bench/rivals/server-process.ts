import { fork } from 'node:child_process'

/** What makes a program the server of a contender. */
const serverArgument = '--server'

export const isServer: boolean = process.argv.includes(serverArgument)

interface ServerProcess {
  readonly port: number
  stop(): void
}

/** Starts a contender's program once more, as its server, and waits until that listens. */
export async function startServer(program: string): Promise<ServerProcess> {
  const child = fork(program, [serverArgument], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', reject)
  child.once('message', (port) => resolve(port as number))
  const fail = (code: number | null) => {
    // Thrown outside of every promise: what waits for an answer then would wait for ever.
    throw new Error(`the server ended with ${code ?? 'a signal'}`)
  }
  child.once('exit', fail)
  return {
    port: await promise,
    stop: () => {
      child.off('exit', fail)
      child.disconnect()
    },
  }
}

/** Tells the client where the server listens. From now on it ends with its client. */
export function announce(port: number): void {
  process.once('disconnect', () => process.exit())
  process.send?.(port, (error: Error | null) => {
    // It has ended already.
    if (error !== null) process.exit()
  })
}
