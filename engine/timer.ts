/** The longest that the platform's own timers can wait; asked for more, they fire at once. */
const longestMs = 2_147_483_647

/** Calls back once after `ms` milliseconds, however many they are; never for Infinity. */
export class Timer {
  #handle: NodeJS.Timeout | undefined
  readonly #callback: () => void

  constructor(ms: number, callback: () => void) {
    this.#callback = callback
    this.#arm(ms)
  }

  clear(): void {
    clearTimeout(this.#handle)
  }

  #arm(ms: number): void {
    this.#handle =
      ms > longestMs ? setTimeout(() => this.#arm(ms - longestMs), longestMs) : setTimeout(this.#callback, ms)
  }
}
