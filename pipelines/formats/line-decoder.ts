import { assertRecordLength, type Decoder } from './decoder.ts'

/** Splits text into lines at `\n` and `\r\n`. A line break at the very end begins no further line. */
export function createLineDecoder(name: string): Decoder<string> {
  let rest = ''
  let lineCount = 0

  return {
    push(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      lineCount += lines.length
      assertRecordLength(rest.length, name, lineCount + 1)
      return text.includes('\r') || lines[0]?.endsWith('\r') ? lines.map(withoutReturn) : lines
    },
    end() {
      const last = rest
      rest = ''
      return last === '' ? [] : [last]
    },
  }
}

/** The line without the `\r` that a Windows line break leaves at its end. */
function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
