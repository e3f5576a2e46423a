import { closest, distance } from 'fastest-levenshtein'

/** The candidate that a misspelt name most likely meant, or undefined when none is near. */
export function findNearest(name: string, candidates: readonly string[]): string | undefined {
  if (name === '' || candidates.length === 0) return undefined
  const lower = name.toLowerCase()
  const folded = candidates.find((candidate) => candidate.toLowerCase() === lower)
  if (folded !== undefined) return folded
  const swapped = candidates.find((candidate) => sortedLetters(candidate) === sortedLetters(name))
  if (swapped !== undefined) return swapped
  const nearest = closest(name, [...candidates])
  const length = Math.max(name.length, nearest.length)
  const limit = length <= 3 ? Math.min(1, length - 1) : Math.max(2, Math.floor(length / 3))
  return distance(name, nearest) <= limit ? nearest : undefined
}

/** How a message on an unknown name goes on: the name that was most likely meant, and all the names there are. */
export function suggestion(name: string, candidates: readonly string[]): string {
  const nearest = findNearest(name, candidates)
  const meant = nearest === undefined ? '' : `: did you mean '${nearest}'?`
  return candidates.length === 0 ? meant : `${meant} (known: ${candidates.join(', ')})`
}

function sortedLetters(name: string): string {
  return name.split('').sort().join('')
}
