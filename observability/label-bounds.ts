import { attributeNames } from './attributes.ts'
import { type Labels, labelNames, otherValue } from './metric-table.ts'

// How many values a label may have. Beyond that there would be series without end: an actor can have any name.
const maxValueCount = 100
const stageLabels: ReadonlySet<string> = new Set([attributeNames.stage, labelNames.peer, labelNames.child])

type LabelValue = Labels[string]

/** The values that a label has, and in which round each was last seen. */
interface LabelValues {
  readonly seenIn: Map<LabelValue, number>
  /** Those that may go in this round, for one that has come. */
  leaving: LabelValue[]
}

/**
 * Lets each label have so many values, those that come first; all further ones are `other`. Names of stages are one label. A
 * value that is of nobody any more makes way when there is one that needs its place.
 */
export class LabelBounds {
  readonly #labels = new Map<string, LabelValues>()
  readonly #maxValueCount: number
  #round = 0
  #stages: ReadonlySet<LabelValue> = new Set()

  constructor(limit: number = maxValueCount) {
    this.#maxValueCount = limit
  }

  /** A round of `apply` begins, while there are actors of those stages. What neither they nor the last round had may go. */
  begin(stages: ReadonlySet<LabelValue>): void {
    this.#stages = stages
    for (const { seenIn, leaving } of this.#labels.values()) {
      leaving.length = 0
      for (const [value, round] of seenIn) if (round < this.#round && !stages.has(value)) leaving.push(value)
    }
    this.#round += 1
  }

  apply(labels: Labels): Labels {
    return mapValues(labels, (label, value) => (this.#take(label, value) ? value : otherValue))
  }

  /** The same for what is no more, which has no place unless it has one already. */
  applyKnown(labels: Labels): Labels {
    return mapValues(labels, (label, value) => (this.#valuesOf(label).seenIn.has(value) ? value : otherValue))
  }

  #take(label: string, value: LabelValue): boolean {
    const { seenIn, leaving } = this.#valuesOf(label)
    if (!seenIn.has(value) && seenIn.size >= this.#maxValueCount) {
      const place = this.#placeIn(seenIn, leaving, stageLabels.has(label) && this.#stages.has(value))
      if (place === undefined) return false
      seenIn.delete(place)
    }
    seenIn.set(value, this.#round)
    return true
  }

  /** An actor's own stage goes before those that are only spoken of, by others that had to do with them. */
  #placeIn(seenIn: LabelValues['seenIn'], leaving: LabelValue[], isStage: boolean): LabelValue | undefined {
    for (let value = leaving.pop(); value !== undefined; value = leaving.pop()) {
      if (seenIn.has(value) && seenIn.get(value) !== this.#round) return value
    }
    if (!isStage) return undefined
    return seenIn.keys().find((value) => !this.#stages.has(value))
  }

  #valuesOf(label: string): LabelValues {
    const name = stageLabels.has(label) ? attributeNames.stage : label
    let values = this.#labels.get(name)
    if (values === undefined) {
      values = { seenIn: new Map(), leaving: [] }
      this.#labels.set(name, values)
    }
    return values
  }
}

function mapValues(labels: Labels, map: (label: string, value: LabelValue) => LabelValue): Labels {
  return Object.fromEntries(Object.entries(labels).map(([label, value]) => [label, map(label, value)]))
}
