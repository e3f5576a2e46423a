// A part of the build's second step: makes scripts of the engine, which `run-script.cjs` runs; why, is said there.
import { createHash } from 'node:crypto'
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { build } from 'rolldown'
import { parseAst } from 'rolldown/parseAst'

const msgpackr = join(import.meta.dirname, '../node_modules/msgpackr')
const nativeReaderPath = join(import.meta.dirname, 'native-reader.js')

/** Has the engine use msgpackr's native part in the way that goes with msgpackr in the same file. */
export const nativeReader = {
  name: 'native-reader',
  resolveId: (id) => (id.endsWith('/native-reader.js') ? nativeReaderPath : undefined),
}

const msgpackrParts = {
  name: 'msgpackr-parts',
  resolveId: (id) => (id === 'msgpackr:unpack' ? join(msgpackr, 'unpack.js') : undefined),
}

/** An import of what is known only when it runs is of a module's URL: there is no path of a source in it for the compiler to rewrite. */
const importsOfUrls = {
  name: 'imports-of-urls',
  transform: (code) => code.replaceAll(/import\(__rewriteRelativeImportExtension(\$\d+)?\(/g, 'import(('),
}

/** Each of the two scripts is given the other one under its name. */
const otherPart = (parts) => ({
  name: 'other-part',
  resolveId(id, importer) {
    if (importer === undefined) return undefined
    const name = Object.keys(parts).find((each) => join(importer, '..', id) === parts[each])
    return name === undefined ? undefined : { id: `engine:${name}`, external: true }
  },
})

/**
 * Makes two scripts of two modules that import each other, with all that they need, and entry points of an actor's process and thread:
 * the `core`, and what is loaded when something of it is used, which is `late`. In the place of the core's module come its exports of
 * those names, and in that of the `facades` theirs, which are of both; all of these are paths.
 */
export async function makeScriptsOf(parts, { exportNames, facades }) {
  const folder = join(parts.core, '..')
  const names = { core: await makeScript('core', parts), late: await makeScript('late', parts) }
  const loader = await readFile(join(import.meta.dirname, 'run-script.cjs'), 'utf8')
  const version = createHash('sha256')
    .update(`${loader}${loadingOf(names, '')}`)
    .digest('hex')
    .slice(0, 8)
  const key = `Symbol.for('actorflow/${names.core}/${names.late}/${version}')`
  const loading = `${loader.replaceAll(/^exports.*\n/gm, '')}${loadingOf(names, key)}`
  const engine = join(folder, 'engine.cjs')
  await writeFile(engine, `${loading}module.exports = engine\n`)
  // With all of that in it, since to find and read one file more takes its time; and apart from it, since what a process is told to
  // load beforehand may have loaded the engine already.
  await writeFile(join(folder, 'bootstrap.cjs'), `${loading}${bootProcess}`)
  await writeFile(join(folder, 'thread/bootstrap.cjs'), `require('../engine.cjs').core.bootThread()\n`)
  const writer = { engine, key, lateFunctions: functionsOf(await readFile(parts.late, 'utf8')) }
  const exports = exportNames.map((name) => ({ name, inEngine: name, part: 'core' }))
  await writeExports(parts.core, writer, exports)
  for (const path of facades) await writeExports(path, writer, exportsIn(await readFile(path, 'utf8'), parts))
  await rm(parts.late)
  await rm(`${parts.late}.map`, { force: true })
  await copyFile(join(msgpackr, 'LICENSE'), join(folder, 'LICENSE-msgpackr'))
}

/** Makes a script of one of the parts, and returns the name of its file. */
async function makeScript(part, parts) {
  const folder = join(parts.core, '..')
  const { output } = await build({
    input: parts[part],
    platform: 'node',
    external: [/^node:/, /\/debugger\//, 'pino', 'msgpackr-extract'],
    plugins: [otherPart(parts), msgpackrParts, importsOfUrls],
    transform: { define: { 'import.meta': '__meta' } },
    output: {
      dir: folder,
      entryFileNames: `${part}-[hash].cjs`,
      format: 'cjs',
      codeSplitting: false,
      comments: false,
    },
  })
  const [{ fileName, code }] = output
  await writeFile(join(folder, fileName), asFunction(code))
  return fileName
}

/** Of a module that does nothing but export what the parts do: under which name, what that is called there, and in which part. */
function exportsIn(code, parts) {
  const partOf = (source) => {
    const found = Object.keys(parts).find((part) => basename(parts[part]) === basename(source.value))
    if (found === undefined) throw new Error(`there are exports of ${source.value}, which is no part of the engine`)
    return found
  }
  const imported = new Map()
  const exports = []
  for (const { type, source, specifiers } of parseAst(code).body) {
    if (type === 'ImportDeclaration') {
      for (const { local, imported: there } of specifiers) {
        imported.set(local.name, { inEngine: there.name, part: partOf(source) })
      }
    } else if (type === 'ExportNamedDeclaration') {
      for (const { exported, local } of specifiers) {
        const from = source === null ? imported.get(local.name) : { inEngine: local.name, part: partOf(source) }
        exports.push({ name: exported.name, ...from })
      }
    } else throw new Error(`there is more than imports and exports in: ${code}`)
  }
  return exports
}

/** The names under which a module exports functions. */
function functionsOf(code) {
  const { body } = parseAst(code)
  const functions = new Set(body.filter(({ type }) => type === 'FunctionDeclaration').map(({ id }) => id.name))
  const exported = body.flatMap(({ type, specifiers }) => (type === 'ExportNamedDeclaration' ? specifiers : []))
  return new Set(exported.filter(({ local }) => functions.has(local.name)).map(({ exported }) => exported.name))
}

/**
 * Makes a module of exports of the engine. One file of them, and not one behind the other: each takes its time at a start. Where
 * the engine is there already, as in an actor's process, it is not looked for. A function of its late part loads that when it is called.
 */
async function writeExports(path, { engine, key, lateFunctions }, exports) {
  const load = `process.getBuiltinModule('node:module').createRequire(import.meta.url)`
  const exported = exports.map(({ name, inEngine, part }) => {
    if (part === 'core') return `export const ${name} = core.${inEngine}`
    // It would load all of that part, in each process that imports anything of this.
    if (!lateFunctions.has(inEngine))
      throw new Error(`${name} is no function that can be late: see bin/late-modules.js`)
    return `export const ${name} = whenCalled('${inEngine}', '${name}')`
  })
  const uses = exported.some((line) => line.includes('whenCalled')) ? 'core, whenCalled' : 'core'
  const found = `const { ${uses} } = globalThis[${key}] ?? ${load}('./${relative(join(path, '..'), engine)}')`
  await writeFile(path, `${[found, ...exported].join('\n')}\n`)
  await rm(`${path}.map`, { force: true })
}

// What fails ends the process, whatever its flags say of rejections.
const bootProcess = `engine.core.bootProcess().catch((error) => setImmediate(() => { throw error }))\n`

/** The engine, for whoever requires it. */
const loadingOf = ({ core, late }, key) => `const { pathToFileURL } = require('node:url')
// Of copies that are equal to the letter it is the first one's.
const engine = (globalThis[${key}] ??= loadEngine())

function loadEngine() {
  const url = pathToFileURL(__dirname).href
  const embeddedRegistry = url.slice(0, -'engine'.length) + 'registry/embedded-registry.js'
  const given = {
    // Those of a module that is beside it.
    meta: { url: url + '/index.js', resolve: (name) => pathToFileURL(require.resolve(name)).href },
    // The registry that actors have by default is a part of the core.
    importModule: async (wanted) => (wanted === embeddedRegistry ? core : await import(wanted)),
  }
  const late = whenUsed(__dirname + '/${late}', {
    ...given,
    // Those of an actor that starts others; see compiled-code.ts.
    allUses: 0b1100_0000,
    require: (name) => (name === 'engine:core' ? core : require(name)),
  })
  const core = runScript(__dirname + '/${core}', {
    ...given,
    allUses: 0b0011_1111,
    require: (name) => (name === 'engine:late' ? late : require(name)),
  })
  const callers = new Map()
  // One function for one of the late part, wherever that is exported.
  function whenCalled(name, exportedAs) {
    let caller = callers.get(name)
    if (caller === undefined) callers.set(name, (caller = { [exportedAs]: (...given) => late[name](...given) }[exportedAs]))
    return caller
  }
  return { core, whenCalled }
}
`

/** Makes a function of a script: what only modules have is given to it. */
function asFunction(code) {
  const imports = []
  JSON.stringify(parseAst(code), (_key, node) => {
    if (node?.type === 'ImportExpression') imports.push(node.start)
    return typeof node === 'bigint' ? undefined : node
  })
  let body = code
  for (const at of imports.sort((a, b) => b - a)) {
    body = `${body.slice(0, at)}__import${body.slice(at + 'import'.length)}`
  }
  return `(function (exports, require, __meta, __import) { 'use strict'; ${body}\n})\n`
}
