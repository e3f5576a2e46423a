/**
 * Builtin modules that are loaded where they are used. What an actor's process loads before its first call is its start, and
 * some of these take longer than all of the engine.
 */
export const loadCrypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')
export const loadFiles = (): typeof import('node:fs/promises') => process.getBuiltinModule('node:fs/promises')
export const loadChildProcess = (): typeof import('node:child_process') =>
  process.getBuiltinModule('node:child_process')
export const loadThreads = (): typeof import('node:worker_threads') => process.getBuiltinModule('node:worker_threads')
export const loadOs = (): typeof import('node:os') => process.getBuiltinModule('node:os')
export const loadV8 = (): typeof import('node:v8') => process.getBuiltinModule('node:v8')
export const loadTimers = (): typeof import('node:timers/promises') => process.getBuiltinModule('node:timers/promises')
export const loadNet = (): typeof import('node:net') => process.getBuiltinModule('node:net')
