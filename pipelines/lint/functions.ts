import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type DocumentNode, describeNode, type Place } from '../document.ts'
import type { FunctionPlan, ModuleFunctionPlan } from '../function-plan.ts'
import { findCompileFailure, looksLikeFunction } from '../inline-function.ts'
import { findNearest } from '../suggest.ts'
import { type LintScope, locate, readText, scriptOf, shifted } from './scope.ts'

/** True for text that means a file, hence a function in it, rather than JavaScript. */
export function isModuleReference(text: string): boolean {
  return /^(\.{1,2}\/|\/|file:)/.test(text)
}

/** Checks a function: text to compile, or a reference to an export. `subject` is what the message calls the place. */
export function checkFunction(scope: LintScope, node: DocumentNode, subject: string): FunctionPlan | undefined {
  const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
  if (text !== undefined && isModuleReference(text)) return checkModule(scope, node.place, text)
  if (node.kind !== 'scalar' || text === undefined || !looksLikeFunction(text)) {
    if (scope.problems.has(node.place)) return undefined
    const wanted = `${subject} must be a function, 'item => ...' or './file.ts#name'`
    scope.problems.report(node.place, `${wanted}, not ${describeNode(node)}`)
    return undefined
  }
  const failure = findCompileFailure(text)
  if (failure !== undefined) {
    const lineStart = text.split('\n').slice(0, failure.lineOffset).join('\n').length + (failure.lineOffset > 0 ? 1 : 0)
    const place = shifted(node.textPlace, text, lineStart + failure.columnOffset)
    scope.problems.report(place, `the function does not compile: ${failure.message}`)
    return undefined
  }
  const { line, column } = node.textPlace
  const location = locate(scope, node.textPlace)
  const script = scriptOf(scope, node.textPlace)
  return { kind: 'inline', text, script, line: Math.max(1, line), column: Math.max(1, column), location }
}

/** Checks the value of `use`, or of a source or sink that is a function of the user's. */
export function checkModuleNode(scope: LintScope, node: DocumentNode, subject: string): ModuleFunctionPlan | undefined {
  const text = readText(scope, node)
  if (text !== undefined && isModuleReference(text)) return checkModule(scope, node.place, text)
  if (!scope.problems.has(node.place)) {
    scope.problems.report(node.place, `${subject} must be './file.ts#name', not ${describeNode(node)}`)
  }
  return undefined
}

/** Checks `./file.ts#name`: its form, and that the file is there. Its exports are known when it is loaded. */
export function checkModule(scope: LintScope, place: Place, text: string): ModuleFunctionPlan | undefined {
  const hash = text.lastIndexOf('#')
  const name = hash === -1 ? '' : text.slice(hash + 1)
  const file = hash === -1 ? text : text.slice(0, hash)
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) {
    scope.problems.report(place, `'${text}' must name an export of the file: '${file}#name'`)
    return undefined
  }
  const path = file.startsWith('file:') ? fileURLToPath(file) : resolve(scope.directory, file)
  if (!existsSync(path)) {
    scope.problems.report(place, `there is no file '${file}'${fileSuggestion(path)}`)
    return undefined
  }
  return { kind: 'module', url: pathToFileURL(path).href, export: name, location: locate(scope, place) }
}

function fileSuggestion(path: string): string {
  const folder = dirname(path)
  const nearest = existsSync(folder) ? findNearest(basename(path), readdirSync(folder)) : undefined
  return nearest === undefined ? '' : `: did you mean '${nearest}'?`
}
