import { PipelineError } from '../errors.ts'
import type { Decoder } from './decoder.ts'
import { createLineDecoder } from './line-decoder.ts'

/** Decodes one JSON value a line. Blank lines are passed over. */
export function createJsonlDecoder(name: string): Decoder {
  const lines = createLineDecoder(name)
  let lineCount = 0
  // What is wrong with a line is thrown after the values before it were handed on.
  let failure: PipelineError | undefined

  function decode(texts: readonly string[]): unknown[] {
    if (failure !== undefined) throw failure
    const items: unknown[] = []
    for (const text of texts) {
      lineCount++
      if (text.trim() === '') continue
      try {
        items.push(JSON.parse(text))
      } catch (error) {
        failure = new PipelineError(`${name}:${lineCount}: not JSON: ${(error as Error).message}`, { cause: error })
        if (items.length === 0) throw failure
        return items
      }
    }
    return items
  }

  return { push: (text) => decode(lines.push(text)), end: () => decode(lines.end()) }
}
