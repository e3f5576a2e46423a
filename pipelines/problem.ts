/** One thing that is wrong with a pipeline document, and exactly where. */
export interface Problem {
  /** The document's file; for a document that was given as an object, the path to the value, `stages.words.actors`. */
  readonly file: string
  /** Counted from 1; 0 where there is no line: a file that cannot be read, a document given as an object. */
  readonly line: number
  readonly column: number
  readonly message: string
}

/** A problem as one line of text, `file:line:column: message`, or `file: message` where there is no line. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, message } = problem
  return line === 0 ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`
}
