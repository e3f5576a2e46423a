import type { ActorVitals, Distribution } from '../engine/index.ts'
import { attributeNames } from './attributes.ts'
import type { LabelBounds } from './label-bounds.ts'
import { type Labels, type MetricDefinition, pipelineLabels } from './metric-table.ts'
import { parseActorName } from './stage-name.ts'

/** One value of a metric, ready to be observed. */
export interface Observation {
  readonly value: number
  readonly labels: Labels
  /** Of a histogram, of which the value is how many it has. */
  readonly distribution?: Distribution
}

/** The values of a metric for all actors. Those that have the same labels, if only because of the bounds, are one. */
export function observe(
  definition: MetricDefinition,
  actors: Iterable<ActorVitals>,
  bounds: Pick<LabelBounds, 'apply'>,
): Observation[] {
  const found: Observation[] = []
  for (const vitals of actors) {
    const { stage, index } = parseActorName(vitals.actor.name)
    const own = {
      ...pipelineLabels(vitals),
      [attributeNames.stage]: stage,
      ...(index === undefined ? {} : { [attributeNames.actorIndex]: index }),
    }
    for (const { labels, ...reading } of definition.read(vitals)) {
      found.push({ ...reading, labels: bounds.apply({ ...own, ...labels }) })
    }
  }
  return combine(found, definition.combine)
}

/** Makes one of those that have the same labels. */
export function combine(observations: Iterable<Observation>, how: MetricDefinition['combine']): Observation[] {
  const groups = Map.groupBy(observations, ({ labels }) => JSON.stringify(Object.entries(labels)))
  return [...groups.values()].map((group) => {
    const values = group.map(({ value }) => value)
    const distributions = group.flatMap(({ distribution }) => distribution ?? [])
    const { labels } = group[0] as Observation
    return {
      value: combined(values, how),
      labels,
      ...(distributions.length > 0 && { distribution: distributions.reduce(added) }),
    }
  })
}

/** All actors have the same bounds. */
function added(one: Distribution, other: Distribution): Distribution {
  const counts = one.counts.map((count, index) => count + (other.counts[index] ?? 0))
  return { bounds: one.bounds, counts, sum: one.sum + other.sum }
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
