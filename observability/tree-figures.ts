import type { ActorVitals, TreeVitals } from '../engine/index.ts'
import { LabelBounds } from './label-bounds.ts'
import type { Figures } from './metric-data.ts'
import { combine, type Observation, observe } from './metric-observations.ts'
import { actorsMetric, type Labels, type MetricDefinition, metricTable } from './metric-table.ts'
import { parseActorName } from './stage-name.ts'

/**
 * The metrics of all actors of a tree, as they come and go. Who has left has no memory and no queue any more, but what it has
 * counted stays: under its name as long as nobody needs the place of that, and then with all others.
 */
export class TreeFigures {
  readonly #bounds: LabelBounds
  #known: ReadonlyMap<string, ActorVitals> = new Map()
  // What those have counted who have left, by metric.
  readonly #past = new Map<string, readonly Observation[]>()

  constructor(bounds: LabelBounds = new LabelBounds()) {
    this.#bounds = bounds
  }

  read(tree: TreeVitals): Figures[] {
    const { actors, silent } = tree
    const { unheard = [], left = [] } = whereabouts(this.#known, tree)
    // Who was not heard of is still there, with what it had counted when it last was.
    const counting = [...actors, ...unheard]
    this.#known = new Map(counting.map((vitals) => [vitals.actor.id, vitals]))

    const there = [...counting.map(({ actor }) => actor), ...silent]
    this.#bounds.begin(new Set(there.map(({ name }) => parseActorName(name).stage)))
    const figures = metricTable.map((metric): Figures => {
      const adds = metric.kind === 'counter' || metric.kind === 'histogram'
      const observations = adds ? this.#counted(metric, counting, left) : this.#now(metric, actors)
      return { metric, observations }
    })
    return [...figures, { metric: actorsMetric, observations: actorsMetric.read(tree) }]
  }

  #now(metric: MetricDefinition, actors: readonly ActorVitals[]): Observation[] {
    return observe(metric, actors, this.#bounds)
  }

  #counted(metric: MetricDefinition, actors: readonly ActorVitals[], left: readonly ActorVitals[]): Observation[] {
    const now = this.#now(metric, actors)
    // Of those who are no more, no name takes the place of another.
    const bounds = { apply: (labels: Labels) => this.#bounds.applyKnown(labels) }
    const before = this.#past.get(metric.name) ?? []
    const past = combine(
      [...before.map((each) => ({ ...each, labels: bounds.apply(each.labels) })), ...observe(metric, left, bounds)],
      metric.combine,
    )
    this.#past.set(metric.name, past)
    return combine([...now, ...past], metric.combine)
  }
}

/**
 * What has become of those who have not answered: left has an actor without which its parent has answered, or whose parent has left.
 * Of the others nothing was heard, be it that they are silent themselves, or one above them is.
 */
function whereabouts(
  known: ReadonlyMap<string, ActorVitals>,
  { actors, silent }: TreeVitals,
): Partial<Record<'unheard' | 'left', ActorVitals[]>> {
  const answering = new Set(actors.map(({ actor }) => actor.id))
  const isSilent = new Set(silent.map(({ id }) => id))
  const isUnheard = ({ actor, parent }: ActorVitals): boolean => {
    if (isSilent.has(actor.id)) return true
    if (parent === undefined || answering.has(parent.id)) return false
    const above = known.get(parent.id)
    return above !== undefined && isUnheard(above)
  }
  const missing = known.values().filter(({ actor }) => !answering.has(actor.id))
  return Object.groupBy(missing, (vitals) => (isUnheard(vitals) ? 'unheard' : 'left'))
}
