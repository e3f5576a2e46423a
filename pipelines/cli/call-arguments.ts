/** The arguments of a remote call as a command line has them: each is one JSON value. */
export type CallArguments =
  | { readonly values: readonly unknown[] }
  /** Which one is wrong, and what would be right. */
  | { readonly problem: string }

/** Reads the arguments of a call. */
export function parseCallArguments(texts: readonly string[]): CallArguments {
  const values: unknown[] = []
  for (const [index, text] of texts.entries()) {
    try {
      values.push(JSON.parse(text))
    } catch (error) {
      return { problem: `argument ${index + 1} is not JSON: ${text} (${explain(text, error)})` }
    }
  }
  return { values }
}

function explain(text: string, error: unknown): string {
  // What was meant as a text has lost its quotes to the shell, or never had any.
  if (!/^\s*[[{"]/.test(text)) return `if it is meant as a text, quote it twice: '${JSON.stringify(text)}'`
  return error instanceof Error ? error.message : String(error)
}
