/** Puts a value where the keys and indexes of a path lead in plain data, in place. The path is not empty. */
export function replaceAt(data: unknown, path: readonly PropertyKey[], value: unknown): void {
  let at = data as Record<PropertyKey, unknown>
  for (const key of path.slice(0, -1)) at = at[key] as Record<PropertyKey, unknown>
  const last = path.at(-1)
  if (last !== undefined) at[last] = value
}
