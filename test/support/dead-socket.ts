import { spawnSync } from 'node:child_process'

/** Leaves a socket as a process does that is killed while it listens. */
export function leaveDeadSocket(path: string): void {
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', program])
}
