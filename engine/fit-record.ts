import { longestLineChars } from './log-output.ts'
import type { LogRecord } from './log-record.ts'

// Six of them where all have to be written as escapes: it still fits.
const longestFieldChars = 128 * 1024

/**
 * An entry as a line of JSON, no longer than what one of the processes on its way to the root takes as a line. One that is has
 * its long fields cut, is without those for which there is no room, and says so.
 */
export function fitRecord(line: string): string {
  if (line.length <= longestLineChars) return line
  const fields = Object.entries(JSON.parse(line) as LogRecord).map(([key, value]) => {
    const short = key === 'err' ? shortenedError(value) : shortened(value)
    return { key, value: short, length: JSON.stringify([key, short]).length }
  })
  let room = longestLineChars - '{"cut":true}\n'.length
  const kept = new Set(fields.toSorted((a, b) => a.length - b.length).filter(({ length }) => (room -= length) >= 0))
  const record = Object.fromEntries(fields.filter((field) => kept.has(field)).map(({ key, value }) => [key, value]))
  return `${JSON.stringify({ ...record, cut: true })}\n`
}

function shortenedError(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return shortened(error)
  return shortened(Object.fromEntries(Object.entries(error).map(([key, value]) => [key, shortened(value)])), 4)
}

/** A text, or what is as JSON, without its end. */
function shortened(value: unknown, share = 1): unknown {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const most = share * longestFieldChars
  return text.length > most ? `${text.slice(0, most)}…` : value
}
