import type { Exit } from './exit.ts'
import type { LaunchedProcess } from './launch.ts'

/** One step up from asking: which signal was sent after which wait. */
export interface Escalation {
  readonly signal: 'SIGTERM' | 'SIGKILL'
  readonly afterMs: number
}

/**
 * Ends a process: asked to, then SIGTERM, then SIGKILL, each after the grace of the step before. Resolves when it has
 * gone; a stopped (SIGSTOP) or busy process too.
 */
export async function endProcess(
  target: LaunchedProcess,
  ask: () => void,
  graces: { cancelGraceMs: number; terminateGraceMs: number },
  onEscalation: (step: Escalation) => void,
): Promise<Exit> {
  ask()
  const asked = await exitWithin(target, graces.cancelGraceMs)
  if (asked !== undefined) return asked
  onEscalation({ signal: 'SIGTERM', afterMs: graces.cancelGraceMs })
  target.kill('SIGTERM')
  const terminated = await exitWithin(target, graces.terminateGraceMs)
  if (terminated !== undefined) return terminated
  onEscalation({ signal: 'SIGKILL', afterMs: graces.terminateGraceMs })
  target.kill('SIGKILL')
  return await target.exited
}

async function exitWithin(target: LaunchedProcess, ms: number): Promise<Exit | undefined> {
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([target.exited, timeUp])
  } finally {
    clearTimeout(timer)
  }
}
