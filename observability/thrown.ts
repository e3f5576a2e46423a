/** What was thrown, as an error; whatever may be thrown. */
export function asError(thrown: unknown): Error {
  return Error.isError(thrown) ? thrown : new Error(showThrown(thrown))
}

function showThrown(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'a value that cannot be shown was thrown'
  }
}
