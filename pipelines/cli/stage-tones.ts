import type { StageState } from '../statistics.ts'
import type { Tone } from './terminal.ts'

/** How the row of a stage is meant, by what the stage is doing. */
export const stageTones: Readonly<Record<StageState, Tone>> = {
  starting: 'faint',
  running: 'plain',
  done: 'good',
  failed: 'bad',
  cancelled: 'faint',
}
