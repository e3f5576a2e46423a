import { constants, Script } from 'node:vm'
import { PipelineError } from './errors.ts'
import type { InlineFunctionPlan } from './function-plan.ts'

/** A function of the user's; what it takes and gives depends on where it stands in the document. */
export type UserFunction = (...args: unknown[]) => unknown

/** Why the text of an inline function does not compile, and how far into the document that is. */
export interface CompileFailure {
  readonly message: string
  /** Lines below the first line of the text. */
  readonly lineOffset: number
  /** Columns behind the first column of the text, on its first line; from the start of the line on the others. */
  readonly columnOffset: number
}

const prefix = "'use strict';("
const suffix = '\n)'

/** True for text that looks like a JavaScript function, compilable or not. */
export function looksLikeFunction(text: string): boolean {
  return (
    /^\s*(async\s+)?(function\b|\(|[\p{ID_Start}$_][\p{ID_Continue}$]*\s*=>)/u.test(text) && /=>|function\b/.test(text)
  )
}

/** Compiles without running anything. Returns undefined when the text is fine. */
export function findCompileFailure(text: string): CompileFailure | undefined {
  try {
    new Script(prefix + text + suffix, { filename: 'inline' })
    return undefined
  } catch (error) {
    return readFailure(error as Error, text)
  }
}

/**
 * Makes the function of an inline text, in strict mode and with the global names only; `import()` in it resolves beside
 * the document. Pipeline files are code that their user trusts: this is no sandbox. Throws a `PipelineError` with the
 * place in the document when the text does not compile or is no function.
 */
export function compileFunction(plan: InlineFunctionPlan): UserFunction {
  const made = runScript(plan)
  if (typeof made === 'function') return made as UserFunction
  throw new PipelineError(`${plan.location}: this is no function but ${made === null ? 'null' : `a ${typeof made}`}`)
}

function runScript(plan: InlineFunctionPlan): unknown {
  try {
    const script = new Script(prefix + plan.text + suffix, {
      filename: plan.script,
      lineOffset: plan.line - 1,
      columnOffset: plan.column - 1 - prefix.length,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })
    return script.runInThisContext()
  } catch (error) {
    throw new PipelineError(`${plan.location}: the function does not compile: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** The stack of a syntax error begins with `inline:line`, that line of the text, and a caret below the column. */
function readFailure(error: Error, text: string): CompileFailure {
  const [where = '', , caretLine = ''] = (error.stack ?? '').split('\n')
  const line = Number(/:(\d+)$/.exec(where)?.[1] ?? 1)
  const caret = Math.max(0, caretLine.indexOf('^'))
  const lines = text.split('\n')
  if (line <= lines.length) {
    const columnOffset = line === 1 ? Math.max(0, caret - prefix.length) : caret
    return { message: error.message, lineOffset: line - 1, columnOffset }
  }
  // The error is at the bracket that encloses the text, and its message would speak of a bracket nobody wrote.
  const message = 'unexpected end: something is missing, or there is one closing bracket too many'
  return { message, lineOffset: lines.length - 1, columnOffset: (lines.at(-1) ?? '').length }
}
