/** What an actor called `words#2` works for, and as which of those that do: `words`, the second. Undefined for other names. */
export function parseSharedName(name: string): { readonly stage: string; readonly index: number } | undefined {
  const at = name.lastIndexOf('#')
  if (at < 1 || !isNumber(name, at + 1)) return undefined
  return { stage: name.slice(0, at), index: Number(name.slice(at + 1)) }
}

// No regular expression: each has to be compiled in each process, and this is asked at an actor's start.
function isNumber(text: string, from: number): boolean {
  for (let at = from; at < text.length; at += 1) if (text[at]! < '0' || text[at]! > '9') return false
  return from < text.length
}

/** The same of any name: one without a number is what all that are called so work for. */
export function stageOf(name: string): string {
  return parseSharedName(name)?.stage ?? name
}
