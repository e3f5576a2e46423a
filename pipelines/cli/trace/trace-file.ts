import { createReadStream } from 'node:fs'
import { endCutLine } from './cut-line.ts'
import { OtlpError, spansOf } from './otlp-line.ts'
import type { Span } from './span.ts'

/** What every line of a recording begins with; inside of JSON text it would have backslashes. */
const lineStart = '{"resourceSpans":'
// The longest text that Node can hold is not much longer.
const maxLineLength = 256 * 1024 * 1024

/** A file is no recording of traces; the message says where in it, and why. */
export class TraceFileError extends Error {}

export interface TraceFileOptions {
  /** Called for a line that was cut off, as when its writer was killed: what is lost of it is passed over. */
  passedOver(notice: string): void
}

/**
 * Reads the spans of a file with a line of OTLP/JSON for each request, line by line. A line that is cut off is read up to its
 * last whole span: the last one of a run that was killed, and one of an actor that was killed as it wrote, behind which another
 * actor's begins. Throws `TraceFileError` with the number of the line for anything else that is no such line, and what the system
 * says about a file that cannot be read.
 */
export async function* readTraceFile(file: string, options: TraceFileOptions): AsyncGenerator<Span[]> {
  let number = 0
  for await (const { text, isWhole } of linesOf(file)) {
    number += 1
    if (text.trim() === '') continue
    const { spans, cutOff } = readLine(text, isWhole, `${file}:${number}`)
    if (cutOff) {
      options.passedOver(
        `${file}:${number}: a line was cut off, as by a process that was killed while it wrote, or on a full disk: it is read up to there`,
      )
    }
    if (spans.length > 0) yield spans
  }
}

function readLine(text: string, isWhole: boolean, place: string): { spans: Span[]; cutOff: boolean } {
  const whole = tryParse(text)
  if (whole.ok) return { spans: spansAt(whole.value, place), cutOff: false }
  // Behind one that was cut off, the line of another actor begins.
  const pieces = text.split(/(?=\{"resourceSpans":)/)
  const spans = pieces.flatMap((piece, index) => {
    const isLast = index === pieces.length - 1
    const isOurs = piece.startsWith(lineStart) || (piece.startsWith('{') && !(isLast && isWhole))
    const parsed = tryParse(piece)
    const ended = parsed.ok || !isOurs ? parsed : tryParse(endCutLine(piece) ?? piece)
    if (ended.ok) return spansAt(ended.value, place)
    throw new TraceFileError(`${place}: this is no JSON (${whole.reason}): ${whatIsRight}`)
  })
  return { spans, cutOff: true }
}

const whatIsRight = 'each line of the file is an object of OTLP/JSON, {"resourceSpans":[…]}'

function spansAt(value: unknown, place: string): Span[] {
  try {
    return spansOf(value)
  } catch (error) {
    if (!(error instanceof OtlpError)) throw error
    throw new TraceFileError(`${place}: ${error.message}: ${whatIsRight}`)
  }
}

function tryParse(text: string): { ok: true; value: unknown } | { ok: false; reason: string } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch (error) {
    // What V8 says has a piece of the text in it, which may be long.
    const reason = error instanceof Error ? error.message.replace(/,? (?:\.\.\.)?".*$/s, '') : String(error)
    return { ok: false, reason }
  }
}

/** The lines of a file; the last one is not whole if it has no end. */
async function* linesOf(file: string): AsyncGenerator<{ text: string; isWhole: boolean }> {
  let pieces: string[] = []
  let length = 0
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1024 * 1024 })) {
    const parts = (chunk as string).split('\n')
    for (const [index, part] of parts.entries()) {
      pieces.push(part)
      length += part.length
      if (length > maxLineLength) throw new TraceFileError(`${file}: it has a line that is too long: ${whatIsRight}`)
      if (index === parts.length - 1) break
      yield { text: pieces.join(''), isWhole: true }
      pieces = []
      length = 0
    }
  }
  if (length > 0) yield { text: pieces.join(''), isWhole: false }
}
