import type { TimeShares } from '../statistics.ts'

/** The heading of a column of bars: what they are made of. */
export const timeBarHeading = '█busy ▒blocked'

const width = timeBarHeading.length

/** How time was spent, as a bar: busy in full, blocked in grey, and what is idle left empty. */
export function renderTimeBar({ busy, blocked }: TimeShares): string {
  const busyWidth = Math.round(busy * width)
  // What is left of the sum, so that the two together are never too long.
  const blockedWidth = Math.min(width, Math.round((busy + blocked) * width)) - busyWidth
  return (
    '█'.repeat(busyWidth) +
    '▒'.repeat(Math.max(0, blockedWidth)) +
    '·'.repeat(width - busyWidth - Math.max(0, blockedWidth))
  )
}
