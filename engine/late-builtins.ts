/**
 * Builtin modules that are loaded where they are used. What an actor's process loads before its first call is its start, and
 * some of these take longer than all of the engine.
 */
export const loadCrypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')
export const loadFiles = (): typeof import('node:fs/promises') => process.getBuiltinModule('node:fs/promises')
export const loadChildProcess = (): typeof import('node:child_process') =>
  process.getBuiltinModule('node:child_process')
