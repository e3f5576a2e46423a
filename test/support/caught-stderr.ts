import { afterEach, beforeEach, vi } from 'vitest'

/**
 * Keeps what is written to stderr in each test of a file. To be called before `openTreeBed`, whose hooks look at the handles that
 * are open: the first to look at one of the standard streams, as a thread does, opens one.
 */
export function catchStderr(): { readonly text: string } {
  let text = ''
  beforeEach(() => {
    text = ''
    process.stdin.pause()
    vi.spyOn(process.stderr, 'write').mockImplementation((written) => {
      text += String(written)
      return true
    })
  })
  afterEach(() => void vi.restoreAllMocks())
  return {
    get text() {
      return text
    },
  }
}
