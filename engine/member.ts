import type { ActorId } from './errors.ts'

/** An actor of a tree as it is told of: who it is, and the pipeline that it works for, if any. */
export interface Member extends ActorId {
  readonly pipeline?: string | undefined
}
