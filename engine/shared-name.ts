/** What an actor called `words#2` works for, and as which of those that do: `words`, the second. Undefined for other names. */
export function parseSharedName(name: string): { readonly stage: string; readonly index: number } | undefined {
  const [, stage, index] = /^(.+)#(\d+)$/s.exec(name) ?? []
  return stage === undefined ? undefined : { stage, index: Number(index) }
}

/** The same of any name: one without a number is what all that are called so work for. */
export function stageOf(name: string): string {
  return parseSharedName(name)?.stage ?? name
}
