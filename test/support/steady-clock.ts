import { vi } from 'vitest'

/** Has the engine's clock go on by so many milliseconds at each look, until mocks are restored. */
export function stepSteadyClock(stepMs: number): void {
  let nowMs = 0
  vi.spyOn(process, 'hrtime').mockImplementation(() => {
    nowMs += stepMs
    return [Math.floor(nowMs / 1_000), (nowMs % 1_000) * 1e6]
  })
}
