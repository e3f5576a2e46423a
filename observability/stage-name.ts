/** Which stage an actor works for, and as which of its actors where there are several: `words#2` is the second of `words`. */
export interface StageName {
  readonly stage: string
  readonly index?: number
}

/** Takes an actor's name apart. A name without a number is that of a stage with one actor. */
export function parseActorName(name: string): StageName {
  const [, stage, index] = /^(.+)#(\d+)$/.exec(name) ?? []
  return stage === undefined ? { stage: name } : { stage, index: Number(index) }
}
