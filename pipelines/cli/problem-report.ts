import { formatProblem, type Problem } from '../problem.ts'
import { printableLine } from './printable.ts'

/** What is wrong with a document, as text: a line for each problem, and how many there are. */
export function renderProblems(problems: readonly Problem[]): string {
  const lines = problems.map((problem) => printableLine(formatProblem(problem)))
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return `${lines.join('\n')}\n${count}\n`
}
