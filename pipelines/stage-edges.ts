import type { Plan } from './plan.ts'

/** That one stage reads another. */
export interface StageEdge {
  readonly from: string
  readonly to: string
}

/** Who reads whom in a plan. */
export function edgesOf({ stages }: Plan): StageEdge[] {
  return stages.flatMap(({ name, inputs }) => inputs.map(({ stage }) => ({ from: stage, to: name })))
}
