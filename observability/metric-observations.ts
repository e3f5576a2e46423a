import type { TreeVitals } from '../engine/index.ts'
import { attributeNames } from './attributes.ts'
import { type Labels, labelNames, type MetricDefinition } from './metric-table.ts'
import { parseActorName } from './stage-name.ts'

/** One value of a metric, ready to be observed. */
export interface Observation {
  readonly value: number
  readonly labels: Labels
}

// How many values a label may have. Beyond that there would be series without end: an actor can have any name.
const maxValueCount = 100
const other = 'other'
const stageLabels: ReadonlySet<string> = new Set([attributeNames.stage, labelNames.peer, labelNames.child])

/** Lets each label have so many values, those that come first; all further ones are `other`. Names of stages are one label. */
export class LabelBounds {
  readonly #values = new Map<string, Set<string>>()
  readonly #maxValueCount: number

  constructor(limit: number = maxValueCount) {
    this.#maxValueCount = limit
  }

  apply(labels: Labels): Labels {
    return Object.fromEntries(
      Object.entries(labels).map(([name, value]) => [
        name,
        typeof value === 'string' ? this.#bound(name, value) : value,
      ]),
    )
  }

  #bound(label: string, value: string): string {
    const name = stageLabels.has(label) ? attributeNames.stage : label
    const values = this.#values.get(name) ?? new Set()
    this.#values.set(name, values)
    if (values.has(value)) return value
    if (values.size >= this.#maxValueCount) return other
    values.add(value)
    return value
  }
}

/** The values of a metric for all actors. Those that have the same labels, if only because of the bounds, are one. */
export function observe(
  definition: MetricDefinition,
  { actors }: TreeVitals,
  { common, bounds }: { readonly common: Labels; readonly bounds: LabelBounds },
): Observation[] {
  const all = new Map<string, { values: number[]; labels: Labels }>()
  for (const vitals of actors) {
    const { stage, index } = parseActorName(vitals.actor.name)
    const own = {
      ...common,
      [attributeNames.stage]: stage,
      ...(index === undefined ? {} : { [attributeNames.actorIndex]: index }),
    }
    for (const { value, labels } of definition.read(vitals)) {
      const bounded = bounds.apply({ ...own, ...labels })
      const key = JSON.stringify(Object.entries(bounded))
      const found = all.get(key)
      if (found === undefined) all.set(key, { values: [value], labels: bounded })
      else found.values.push(value)
    }
  }
  return [...all.values()].map(({ values, labels }) => ({ value: combined(values, definition.combine), labels }))
}

function combined(values: readonly number[], how: MetricDefinition['combine']): number {
  switch (how) {
    case 'max':
      return Math.max(...values)
    case 'sum':
      return values.reduce((sum, value) => sum + value, 0)
    case 'mean':
      return values.reduce((sum, value) => sum + value, 0) / values.length
  }
}
