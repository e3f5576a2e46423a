import { extname } from 'node:path'

/**
 * The modules of the engine that are started and not imported. Here, because paths are resolved against this file: the
 * build makes two scripts of the others, in this folder, and leaves these where they are.
 */
const type = extname(import.meta.url)
const at = (path: string): URL => new URL(`${path}${type}`, import.meta.url)
// For which the build has CommonJS, that runs the engine's scripts (`bin/engine-script.js`).
const booting = (path: string): URL => new URL(`${path}${type === '.js' ? '.cjs' : type}`, import.meta.url)

/** What `import 'actorflow'` gives. */
export const packageEntry: URL = at('../index')
export const processEntry: URL = booting('./bootstrap')
export const threadEntry: URL = booting('./thread/bootstrap')
export const rehearsedEntry: URL = at('./process/rehearsed')
export const throwHolderEntry: URL = at('./debugger/throw-holder')
