/** What a page shows of a program: between two comments, a block that a command fills in. */
const places = /^<!-- capture: (\w+) -->\n[^]*?^<!-- \/capture -->$/gm

/** The names of the captures that a page has a place for. */
export function capturesOf(page: string): string[] {
  return Array.from(page.matchAll(places), ([, name = '']) => name)
}

/** The page with what was captured in its places; a place whose capture is not among them is left as it is. */
export function fillIn(page: string, captures: ReadonlyMap<string, string>): string {
  return page.replaceAll(places, (place, name: string) => {
    const text = captures.get(name)
    return text === undefined
      ? place
      : `<!-- capture: ${name} -->\n\`\`\`text\n${text.trimEnd()}\n\`\`\`\n<!-- /capture -->`
  })
}
