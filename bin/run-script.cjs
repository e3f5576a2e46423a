'use strict'
// How the built engine is loaded; the build puts this at the beginning of what loads it.
const { basename } = require('node:path')
const { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeFileSync } = require('node:fs')
const { getCompileCacheDir } = require('node:module')
const { Script } = require('node:vm')

// More than the script or its code. What of it is not used takes no memory.
const readBytes = 1024 * 1024
// Of what is kept, so much is compared at once: no more than stays in the processor's cache.
const comparedBytes = 16 * 1024

const noMemory = Buffer.alloc(0)

// Each reads a script that is run when it is used.
const unread = []

// Each keeps the compiled code of a script that was run, for uses that it is not yet good for.
const keepers = []

/** Reads a script. */
function readScript(path, memory) {
  const file = openSync(path)
  const { size, mtimeMs } = fstatSync(file)
  const bytes = readPart(file, size, memory)
  closeSync(file)
  return { path, mtimeMs, bytes }
}

/**
 * Runs a file that is one function of `exports`, `require`, `import.meta` and `import()`, and returns its exports.
 *
 * Half of what an actor's start took was the compiler: node keeps the code of a module as it is before anything of it has been
 * called, and what is compiled when it is called is compiled again in each process. So the engine is no module but a script, and
 * its code is kept as it is after a start: beside node's, in a directory that is of this version and these flags alone, and
 * only where node keeps code, too. V8 refuses what is not its own, but of the script it compares no more than the length, and
 * it ends the process at code that was damaged. So the kept code is that of a file and the time at which it was written; and it is kept
 * twice, which costs less than a checksum, and is taken only if both are the same. Behind it is a byte of what it is good for.
 */
function runScript(path, given) {
  // The one is read after the other, into the same memory: memory that nobody has used yet takes the system as long as the reading.
  const memory = Buffer.allocUnsafeSlow(readBytes)
  return runRead(readScript(path, memory), memory, given)
}

/**
 * The exports of a script that runs when the first of them is asked for. It is read before, but when nobody waits for it: whoever
 * installs another version later takes it away.
 */
function whenUsed(path, given) {
  let script
  const read = () => (script ??= readScript(path, noMemory))
  unread.push(read)
  let exports
  const load = () => {
    exports = runRead(read(), Buffer.allocUnsafeSlow(readBytes), given)
    script.bytes = undefined
    return exports
  }
  return new Proxy({}, { get: (_, name) => (exports ?? load())[name] })
}

function runRead({ path, mtimeMs, bytes }, memory, { require, meta, importModule, allUses }) {
  const source = bytes.latin1Slice()
  const directory = getCompileCacheDir()
  const codePath =
    directory === undefined ? undefined : `${directory}/actorflow-${basename(path)}-${Math.trunc(mtimeMs)}.code`
  const kept = codePath === undefined ? undefined : readKept(codePath, memory)
  const cachedData = kept?.subarray(0, -1)
  const script = new Script(source, { filename: path, cachedData })
  const isTaken = cachedData !== undefined && !script.cachedDataRejected
  if (codePath !== undefined) {
    keepers.push(
      keeperOf(script, codePath, {
        uses: isTaken ? kept.at(-1) : 0,
        byteCount: isTaken ? cachedData.byteLength : 0,
        allUses,
      }),
    )
  }
  // A dictionary: other objects get a new hidden class with each name that is added.
  const exports = { __proto__: null }
  script.runInThisContext()(exports, require, { ...meta, keepCompiled }, importModule)
  return exports
}

/** Keeps the compiled code of a script for uses of which it was not yet `kept`. */
function keeperOf(script, path, kept) {
  return (wanted) => {
    const uses = wanted & kept.allUses
    if ((kept.uses | uses) === kept.uses) return
    // Another one may have kept it meanwhile.
    if ((readKept(path, noMemory)?.at(-1) & uses) === uses) return
    // What was kept is a part of it, unless V8 has given up what was not used for long.
    const code = script.createCachedData()
    if (code.byteLength < kept.byteCount) return
    kept.uses |= uses
    keep(path, code, kept.uses)
  }
}

/**
 * Keeps the compiled code of all scripts that have run, unless what is kept is good for these uses, which are bits. An actor does it
 * when it has started and nobody waits for it: then it reads those that it has not used, too.
 */
function keepCompiled(uses) {
  for (const read of unread.splice(0)) readIfThere(read)
  for (const keepOne of keepers) keepOne(uses)
}

function readIfThere(read) {
  try {
    read()
  } catch {
    // It is for whoever uses it.
  }
}

/** Reads so much of a file that is no shorter, into that memory or, where it is too small, other. */
function readPart(file, size, memory) {
  const bytes = size <= memory.byteLength ? memory.subarray(0, size) : Buffer.allocUnsafeSlow(size)
  for (let at = 0; at < size; ) {
    const count = readSync(file, bytes, at, size - at)
    if (count === 0) throw new Error('the file has become shorter')
    at += count
  }
  return bytes
}

function readKept(path, memory) {
  let file
  try {
    file = openSync(path)
    const code = readPart(file, fstatSync(file).size >> 1, memory)
    return code.byteLength > 0 && isAgain(file, code) ? code : undefined
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** Whether the file goes on with the same bytes. */
function isAgain(file, bytes) {
  const part = Buffer.allocUnsafeSlow(comparedBytes)
  for (let at = 0; at < bytes.byteLength; ) {
    const count = readSync(file, part)
    if (count === 0 || part.compare(bytes, at, at + count, 0, count) !== 0) return false
    at += count
  }
  return true
}

// Whoever reads it meanwhile has the whole of it, or nothing. Without it a start takes longer, and that is all.
function keep(path, code, uses) {
  // Threads have the same process id, and so have processes in containers.
  const newPath = `${path}.${process.pid}.${process.hrtime.bigint()}`
  try {
    const one = Buffer.concat([code, Buffer.of(uses)])
    writeFileSync(newPath, Buffer.concat([one, one]), { flush: true })
    renameSync(newPath, path)
  } catch {
    removeIfThere(newPath)
  }
}

function removeIfThere(path) {
  try {
    rmSync(path, { force: true })
  } catch {
    // Its directory is none any more, or not this process's to change.
  }
}

exports.runScript = runScript
exports.whenUsed = whenUsed
