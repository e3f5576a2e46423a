const decimal = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/
const integer = /^-?\d+$/

/** The field as a number where it is one, and no digit of it is lost by that. */
export function numberOrText(field: string): string | number {
  if (!decimal.test(field)) return field
  const value = Number(field)
  const exact = integer.test(field) ? Number.isSafeInteger(value) : Number.isFinite(value)
  return exact ? value : field
}
