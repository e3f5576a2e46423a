import { extname } from 'node:path'

/**
 * The modules of the engine that are started and not imported. Here, because paths are resolved against this file: the
 * build makes one file of those that belong together, in this folder, and leaves these where they are.
 */
const at = (path: string): URL => new URL(`${path}${extname(import.meta.url)}`, import.meta.url)

/** What `import 'actorflow'` gives. */
export const packageEntry: URL = at('../index')
export const processEntry: URL = at('./bootstrap')
export const threadEntry: URL = at('./thread/bootstrap')
export const throwHolderEntry: URL = at('./debugger/throw-holder')
