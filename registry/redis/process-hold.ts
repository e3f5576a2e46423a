/** Keeps the process alive while somebody waits for what does not do that by itself. */
export class ProcessHold {
  #holders = 0
  #timer: NodeJS.Timeout | undefined

  hold(): void {
    this.#holders += 1
    this.#timer ??= setInterval(() => undefined, 2 ** 30)
  }

  leave(): void {
    this.#holders -= 1
    if (this.#holders > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
