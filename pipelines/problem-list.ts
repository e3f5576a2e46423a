import type { Place } from './document.ts'
import type { Problem } from './problem.ts'

/** Collects what is wrong with one document while it is read, so that all of it can be reported at once. */
export class ProblemList {
  readonly #file: string
  readonly #found: { readonly place: Place; readonly problem: Problem }[] = []

  constructor(file: string) {
    this.#file = file
  }

  get count(): number {
    return this.#found.length
  }

  /** Adds a problem. The same words at the same place are kept once. */
  report(place: Place, message: string): void {
    const { line, column } = place
    const known = this.#found.some((other) => other.place.offset === place.offset && other.problem.message === message)
    if (known) return
    const file = line === 0 && place.path !== '' ? place.path : this.#file
    this.#found.push({ place, problem: { file, line, column, message } })
  }

  /** True when something was reported at this place already: what follows from it is not worth a second line. */
  has(place: Place): boolean {
    return this.#found.some((other) => other.place.offset === place.offset)
  }

  /** All problems in document order. */
  sorted(): Problem[] {
    return this.#found.toSorted((a, b) => a.place.offset - b.place.offset).map((found) => found.problem)
  }
}
