const listOfSpans = '"spans":['

/**
 * A line of OTLP/JSON that was cut off somewhere, ended behind its last whole span; undefined if it was not cut off, but is wrong
 * in itself.
 */
export function endCutLine(text: string): string | undefined {
  // What is open, innermost last, by what it ends with; a list of spans is marked.
  const open: { readonly end: string; readonly hasSpans: boolean }[] = []
  let whole = '{"resourceSpans":[]}'
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index]
    if (character === '"') index = endOfString(text, index)
    else if (character === '{') open.push({ end: '}', hasSpans: false })
    else if (character === '[') open.push({ end: ']', hasSpans: text.endsWith(listOfSpans, index + 1) })
    else if (character === '}' || character === ']') {
      open.pop()
      if (open.at(-1)?.hasSpans !== true) continue
      const ends = open.map(({ end }) => end).reverse()
      whole = `${text.slice(0, index + 1)}${ends.join('')}`
    }
  }
  return open.length === 0 ? undefined : whole
}

/** Where the string ends that begins there; behind the text if it was cut off. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1
    else if (text[index] === '"') return index
  }
  return text.length
}
