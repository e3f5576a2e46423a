import type { ActorId } from './errors.ts'
import type { Member } from './member.ts'
import type { Report } from './report.ts'
import type { EdgeTraffic } from './traffic.ts'

/** What there is to be measured of one actor: figures, without the details of a dump. */
export interface ActorVitals {
  readonly actor: ActorId
  /** Whose child it is; undefined for a root. */
  readonly parent?: ActorId
  /** The pipeline that it works for, if any. */
  readonly pipeline?: string | undefined
  readonly heapUsedBytes: number
  readonly residentBytes: number
  /** The calls that run here. */
  readonly taskCount: number
  readonly edges: readonly EdgeTraffic[]
  /** How often children were started again, by their stage: their name without its number. */
  readonly restarts: Readonly<Record<string, number>>
  /** How many calls that ran here have failed, by the code of the error, or its name where it has none. */
  readonly errors: Readonly<Record<string, number>>
  readonly reports: readonly Report[]
}

/** The vitals of an actor and of those below it. */
export interface TreeVitals {
  readonly actors: readonly ActorVitals[]
  /** Those that did not answer. Of all below them nothing is known now. */
  readonly silent: readonly Member[]
}
