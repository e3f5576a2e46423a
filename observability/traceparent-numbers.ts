import { formatTraceparent, isSampled, parseTraceparent } from './traceparent.ts'

/** The ids of a traceparent as numbers of four bytes, as they are written to a span. */
export interface TraceparentNumbers {
  /** The version, and the id of the trace: what the traceparents of its children begin with. */
  prefix: string
  trace0: number
  trace1: number
  trace2: number
  trace3: number
  span0: number
  span1: number
}

const dash = '-'.charCodeAt(0)
const digits = new Int8Array(128).fill(-1)
for (let i = 0; i < 16; i += 1) digits[i.toString(16).charCodeAt(0)] = i

/**
 * Reads the traceparent of a sampled item into `into`; false if it is none, or not sampled. One of the present version is read
 * digit by digit, at a third of what a regular expression and its texts cost.
 */
export function readTraceparent(text: string, into: TraceparentNumbers): boolean {
  const known = hasUsualForm(text) ? text : rewritten(text)
  if (known === undefined) return false
  // Not a digit is -1, with all bits set: that shows whatever is combined with it.
  wrong = 0
  into.prefix = known.slice(0, 36)
  into.trace0 = int32At(known, 3)
  into.trace1 = int32At(known, 11)
  into.trace2 = int32At(known, 19)
  into.trace3 = int32At(known, 27)
  into.span0 = int32At(known, 36)
  into.span1 = int32At(known, 44)
  const flags = digitAt(known, 54)
  wrong |= digitAt(known, 53) | flags
  const isTrace = (into.trace0 | into.trace1 | into.trace2 | into.trace3) !== 0
  return wrong >= 0 && isTrace && (into.span0 | into.span1) !== 0 && (flags & 1) === 1
}

let wrong = 0

function hasUsualForm(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    text.length === 55 &&
    text.startsWith('00-') &&
    text.charCodeAt(35) === dash &&
    text.charCodeAt(52) === dash
  )
}

/** One of a later version, as it would be in this one. */
function rewritten(text: unknown): string | undefined {
  const span = typeof text === 'string' ? parseTraceparent(text) : undefined
  return span !== undefined && isSampled(span) ? formatTraceparent(span) : undefined
}

function int32At(text: string, at: number): number {
  let value = 0
  for (let i = at; i < at + 8; i += 1) {
    const digit = digitAt(text, i)
    wrong |= digit
    value = (value << 4) | digit
  }
  return value
}

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < 128 ? (digits[code] as number) : -1
}
