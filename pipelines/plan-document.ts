import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { DocumentNode } from './document.ts'
import { PipelineSpecError } from './errors.ts'
import { fileErrorReason } from './file-error.ts'
import type { LintScope } from './lint/scope.ts'
import { lintDocument } from './lint.ts'
import { parseDocumentText } from './parse.ts'
import { parseDocumentObject } from './parse-object.ts'
import type { Plan } from './plan.ts'
import { ProblemList } from './problem-list.ts'
import type { Environment } from './substitute.ts'

/** How a document is checked. */
export interface PlanOptions {
  /** What its paths are relative to: the folder of its file by default, or the current one where there is no file. */
  readonly directory?: string
  /** Where `${NAME}` is looked up; `process.env` by default. */
  readonly environment?: Environment
  /** Whether a stage that nobody reads must have a sink, as `flow run` wants it. True by default. */
  readonly requireSinks?: boolean
  /** The names of the operators that an `ix` step can have; unchecked where absent. */
  readonly ixNames?: readonly string[]
}

/**
 * Reads and checks a pipeline file. Waits for the disk, starts nothing, runs no code of the user's. Throws a
 * `PipelineSpecError` with everything that is wrong; also when the file cannot be read or is no text.
 */
export async function planFile(file: string, options: PlanOptions = {}): Promise<Plan> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (error) {
    throw unreadable(file, `the document cannot be read: ${fileErrorReason(error)}`, error)
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw unreadable(file, 'the document is no UTF-8 text', error)
  }
  if (text.includes('\0')) throw unreadable(file, 'the document is no text: it has zero bytes in it')
  return planText(text, file, options)
}

/** Checks the text of a pipeline document. `file` is what messages call it. Throws a `PipelineSpecError`. */
export function planText(text: string, file: string, options: PlanOptions = {}): Plan {
  const problems = new ProblemList(file)
  const directory = resolve(options.directory ?? dirname(file))
  return finish(scopeOf(problems, file, directory, options), parseDocumentText(text, problems))
}

/**
 * Checks a pipeline document that was given as a plain object, of the shape that the text of one has; functions are text
 * in it too. The places of problems are paths, `stages.words.steps[0]`. Throws a `PipelineSpecError`.
 */
export function planObject(document: unknown, options: PlanOptions = {}): Plan {
  const problems = new ProblemList('pipeline')
  const directory = resolve(options.directory ?? '.')
  return finish(scopeOf(problems, undefined, directory, options), parseDocumentObject(document, problems))
}

function scopeOf(problems: ProblemList, file: string | undefined, directory: string, options: PlanOptions): LintScope {
  const { environment = process.env, requireSinks = true, ixNames } = options
  return { problems, file, directory, environment, requireSinks, ixNames }
}

function finish(scope: LintScope, root: DocumentNode | undefined): Plan {
  const plan = root === undefined ? undefined : lintDocument(scope, root)
  if (plan === undefined || scope.problems.count > 0) throw new PipelineSpecError(scope.problems.sorted())
  return plan
}

function unreadable(file: string, message: string, cause?: unknown): PipelineSpecError {
  return new PipelineSpecError([{ file, line: 0, column: 0, message }], { cause })
}
