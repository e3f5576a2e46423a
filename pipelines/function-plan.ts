/** An inline function of a document: its text, and where the text begins, so that stack traces point into the document. */
export interface InlineFunctionPlan {
  readonly kind: 'inline'
  readonly text: string
  /** The absolute path of the document, or the path of the value in a document that was given as an object. */
  readonly script: string
  readonly line: number
  readonly column: number
  /** The place in the document, `file:line:column`, for messages. */
  readonly location: string
}

/** An export of a module of the user's: `./file.ts#name`. */
export interface ModuleFunctionPlan {
  readonly kind: 'module'
  /** The module as an absolute file URL. */
  readonly url: string
  readonly export: string
  readonly location: string
}

/** A function of a checked document, as plain data that can be sent to the actor which runs it. */
export type FunctionPlan = InlineFunctionPlan | ModuleFunctionPlan
