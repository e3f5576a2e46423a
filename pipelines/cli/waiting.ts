import type { StageStatistics } from '../statistics.ts'
import { printableLine } from './printable.ts'

/** Whom a stage waits for, in words; empty while it works. */
export function describeWaiting(stage: StageStatistics): string {
  if (stage.state !== 'running' || stage.waiting === undefined) return ''
  const { on, stages } = stage.waiting
  const others = stages.filter((name) => name !== stage.name).map(printableLine)
  if (on === 'input') return `waits for ${others.length === 0 ? 'its source' : others.join(', ')}`
  return `blocked by ${others.length === 0 ? 'its sink' : others.join(', ')}`
}
