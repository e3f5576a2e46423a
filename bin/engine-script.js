// A part of the build's second step: makes scripts of the engine, which `run-script.cjs` runs; why, is said there.
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
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
  const key = `Symbol.for('actorflow/${names.core}/${names.late}')`
  const loading = `${loader.replaceAll(/^exports.*\n/gm, '')}${loadingOf(names, key)}`
  const engine = join(folder, 'engine.cjs')
  await writeFile(engine, `${loading}module.exports = engine\n`)
  // With all of that in it, since to find and read one file more takes its time; and apart from it, since what a process is told to
  // load beforehand may have loaded the engine already.
  await writeFile(join(folder, 'bootstrap.cjs'), `${loading}${bootProcess}`)
  await writeFile(join(folder, 'thread/bootstrap.cjs'), `require('../engine.cjs').core.bootThread()\n`)
  const late = functionsAndOthers(await readFile(parts.late, 'utf8'))
  const writer = { engine, key, late }
  await writeExports(parts.core, writer, new Map(exportNames.map((name) => [name, name])))
  for (const path of facades) await writeExports(path, writer, namesIn(await readFile(path, 'utf8')))
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

/** Of a module that does nothing but export what others do: under which name, and what that is called there. */
function namesIn(code) {
  const imported = new Map()
  const names = new Map()
  for (const { type, source, specifiers } of parseAst(code).body) {
    if (type === 'ImportDeclaration') {
      for (const { local, imported: there } of specifiers) imported.set(local.name, there.name)
    } else if (type === 'ExportNamedDeclaration') {
      const nameOf = (local) => (source === null ? imported.get(local.name) : local.name)
      for (const { exported, local } of specifiers) names.set(exported.name, nameOf(local))
    } else throw new Error(`there is more than imports and exports in: ${code}`)
  }
  return names
}

/** What a module exports: of each name, whether it is a function. */
function functionsAndOthers(code) {
  const { body } = parseAst(code)
  const functions = new Set(body.filter(({ type }) => type === 'FunctionDeclaration').map(({ id }) => id.name))
  const exported = body.flatMap(({ type, specifiers }) => (type === 'ExportNamedDeclaration' ? specifiers : []))
  return new Map(exported.map(({ exported, local }) => [exported.name, functions.has(local.name)]))
}

/**
 * Makes a module of exports of the engine. One file of them, and not one behind the other: each takes its time at a start. Where
 * the engine is there already, as in an actor's process, it is not looked for. A function of its late part loads that when it is called.
 */
async function writeExports(path, { engine, key, late }, names) {
  const load = `process.getBuiltinModule('node:module').createRequire(import.meta.url)`
  const lines = [
    `const { core, late } = globalThis[${key}] ?? ${load}('./${relative(join(path, '..'), engine)}')`,
    ...[...names].map(([name, inEngine]) => {
      if (!late.has(inEngine)) return `export const ${name} = core.${inEngine}`
      if (!late.get(inEngine)) return `export const ${name} = late.${inEngine}`
      return `export function ${name}(...given) { return late.${inEngine}(...given) }`
    }),
  ]
  await writeFile(path, `${lines.join('\n')}\n`)
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
  const embeddedRegistry = new URL('registry/embedded-registry.js', url).href
  const given = {
    // Those of a module that is beside it.
    meta: { url: url + '/index.js', resolve: (name) => pathToFileURL(require.resolve(name)).href, keepCompiled },
    // The registry that actors have by default is a part of the core.
    importModule: async (wanted) => (wanted === embeddedRegistry ? core : await import(wanted)),
  }
  const late = whenUsed(__dirname + '/${late}', { ...given, require: (name) => (name === 'engine:core' ? core : require(name)) })
  const core = runScript(__dirname + '/${core}', { ...given, require: (name) => (name === 'engine:late' ? late : require(name)) })
  return { core, late }
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
