import type { Bottleneck } from '../bottleneck.ts'
import { printableLine } from './printable.ts'

/**
 * A bottleneck in words, `bottleneck: words (busy 93 %); lines waits for it 88 % of the time, counts 90 %`; of a run that is
 * over in the past.
 */
export function describeBottleneck({ stage, kind, share, waiters }: Bottleneck, isOver = false): string {
  const who = printableLine(stage)
  const what = describeCause(who, kind, formatShare(share))
  const [first, ...others] = waiters
  if (first === undefined) return `bottleneck: ${what}`
  const waits = `${printableLine(first.stage)} ${isOver ? 'waited' : 'waits'} for it ${formatShare(first.share)} of the time`
  const rest = others.map((other) => `${printableLine(other.stage)} ${formatShare(other.share)}`)
  return `bottleneck: ${what}; ${[waits, ...rest].join(', ')}`
}

function describeCause(who: string, kind: Bottleneck['kind'], share: string): string {
  if (kind === 'silent') return `${who} (does not answer)`
  return kind === 'work' ? `${who} (busy ${share})` : `the ${kind} of ${who} (${share})`
}

/** A share of a time: `93 %`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`
}
