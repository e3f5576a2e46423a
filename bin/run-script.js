// How the built engine is loaded; the build puts this in front of the engine's exports.
const { readFileSync, renameSync, rmSync, statSync, writeFileSync } = process.getBuiltinModule('node:fs')
const { createRequire, getCompileCacheDir } = process.getBuiltinModule('node:module')
const { Script } = process.getBuiltinModule('node:vm')

/**
 * Runs a file that is one function of `exports`, `require`, `import.meta` and `import()`, and returns its exports.
 *
 * Half of what an actor's start took was the compiler: node keeps the code of a module as it is before anything of it has been
 * called, and what is compiled when it is called is compiled again in each process. So the engine is no module but a script, and
 * its code is kept as it is after a start: beside node's, in a directory that is of this version and these flags alone, and
 * only where node keeps code, too. V8 refuses what is not its own, but of the script it compares no more than the length, and
 * it ends the process at code that was damaged. So the kept code is that of a file and the time at which it was written; and it is kept
 * twice, which costs less than a checksum, and is taken only if both are the same.
 */
export function runScript(name, module, importModule) {
  const path = `${module.dirname}/${name}`
  const directory = getCompileCacheDir()
  const codePath =
    directory === undefined ? undefined : `${directory}/actorflow-${name}-${Math.trunc(statSync(path).mtimeMs)}.code`
  const cachedData = codePath === undefined ? undefined : readKept(codePath)
  const script = new Script(readFileSync(path, 'latin1'), { filename: path, cachedData })
  let isKept = cachedData !== undefined && !script.cachedDataRejected
  const meta = {
    url: module.url,
    resolve: module.resolve,
    keepCompiled() {
      if (isKept || codePath === undefined) return
      isKept = true
      keep(codePath, script.createCachedData())
    },
  }
  const exports = {}
  script.runInThisContext()(exports, createRequire(path), meta, importModule)
  return exports
}

function readKept(path) {
  try {
    const twice = readFileSync(path)
    const size = twice.byteLength / 2
    const code = twice.subarray(0, size)
    return code.equals(twice.subarray(size)) ? code : undefined
  } catch {
    return undefined
  }
}

// Whoever reads it meanwhile has the whole of it, or nothing. Without it a start takes longer, and that is all.
function keep(path, code) {
  // Threads have the same process id, and so have processes in containers.
  const newPath = `${path}.${process.pid}.${process.hrtime.bigint()}`
  try {
    writeFileSync(newPath, Buffer.concat([code, code]), { flush: true })
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
