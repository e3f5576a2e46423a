import { loadTimers } from '../late-builtins.ts'
import { removeDeadSockets } from '../run-directory.ts'
import type { Tree } from '../tree.ts'

/** What there is to say that the parent has ended: its link broke, this process got a SIGTERM as it may have got, or nothing. */
export type SignOfEnd = 'vanished' | 'terminated' | 'none'

// How often to look then, every 10 ms. The system closes the links and sockets of a process that was killed before others take
// over its children, and on a busy machine there is time in between; and a SIGTERM to the whole process group may end this one a
// moment before its parent.
const lookCounts: Readonly<Record<SignOfEnd, number>> = { vanished: 50, terminated: 10, none: 1 }

/** The process that started this one, from this one's side; made while it lives. */
export class ParentProcess {
  // It may be gone without a word heard of it: then another process has taken this one over.
  readonly #pid = process.ppid

  /** Clears up after it if it has ended without doing so itself. */
  async tidyAfter({ runDirectory, ownsRunDirectory }: Tree, sign: SignOfEnd): Promise<void> {
    if (await this.#endsWithin(lookCounts[sign])) {
      await removeDeadSockets(runDirectory, { keepDirectory: !ownsRunDirectory })
    }
  }

  async #endsWithin(lookCount: number): Promise<boolean> {
    for (let looks = 1; process.ppid === this.#pid; looks += 1) {
      if (looks >= lookCount) return false
      await loadTimers().setTimeout(10)
    }
    return true
  }
}
