// A part of the build's second step: makes a script of the engine, which `run-script.cjs` runs; why, is said there.
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

/**
 * Makes a script of a module with all that it needs, and entry points of an actor's process and thread. In the place of the module
 * come the exports of that name, and so for the `facades`, which export some of them; all of these are paths.
 */
export async function makeScriptOf(modulePath, { exportNames, facades }) {
  const folder = join(modulePath, '..')
  const { output } = await build({
    input: modulePath,
    platform: 'node',
    external: [/^node:/, /\/debugger\//, 'pino', 'msgpackr-extract'],
    plugins: [msgpackrParts, importsOfUrls],
    transform: { define: { 'import.meta': '__meta' } },
    output: {
      dir: folder,
      entryFileNames: 'engine-[hash].cjs',
      format: 'cjs',
      codeSplitting: false,
      comments: false,
    },
  })
  const [{ fileName, code }] = output
  await writeFile(join(folder, fileName), asFunction(code))
  const loader = await readFile(join(import.meta.dirname, 'run-script.cjs'), 'utf8')
  const engine = join(folder, 'engine.cjs')
  const key = `Symbol.for('actorflow/${fileName}')`
  await writeFile(engine, `${loader.replace(/^exports.*/m, '')}${loadingOf(fileName, key)}`)
  // Apart from it: what a process is told to load beforehand may have loaded the engine already.
  await writeFile(join(folder, 'bootstrap.cjs'), bootProcess)
  await writeFile(join(folder, 'thread/bootstrap.cjs'), `require('../engine.cjs').bootThread()\n`)
  await writeExports(modulePath, { engine, key }, new Map(exportNames.map((name) => [name, name])))
  for (const path of facades) await writeExports(path, { engine, key }, namesIn(await readFile(path, 'utf8')))
  await copyFile(join(msgpackr, 'LICENSE'), join(folder, 'LICENSE-msgpackr'))
}

/** Of a module that only exports what another one does: under which name, and what that is called there. */
function namesIn(code) {
  const names = new Map()
  for (const { type, source, specifiers } of parseAst(code).body) {
    if (type !== 'ExportNamedDeclaration' || source === null) throw new Error(`there is more than exports in: ${code}`)
    for (const { exported, local } of specifiers) names.set(exported.name, local.name)
  }
  return names
}

/**
 * Makes a module of exports of the engine. One file of them, and not one behind the other: each takes its time at a start. Where
 * the engine is there already, as in an actor's process, it is not looked for.
 */
async function writeExports(path, { engine, key }, names) {
  const load = `process.getBuiltinModule('node:module').createRequire(import.meta.url)`
  const lines = [
    `const engine = globalThis[${key}] ?? ${load}('./${relative(join(path, '..'), engine)}')`,
    ...[...names].map(([name, inEngine]) => `export const ${name} = engine.${inEngine}`),
  ]
  await writeFile(path, `${lines.join('\n')}\n`)
  await rm(`${path}.map`, { force: true })
}

// What fails ends the process, whatever its flags say of rejections.
const bootProcess = `require('./engine.cjs').bootProcess().catch((error) => setImmediate(() => { throw error }))\n`

/** The engine, for whoever requires it. */
const loadingOf = (fileName, key) => `const { pathToFileURL } = require('node:url')
const url = pathToFileURL(__dirname).href
const embeddedRegistry = new URL('registry/embedded-registry.js', url).href
// Of copies that are equal to the letter it is the first one's.
const engine = (globalThis[${key}] ??= runScript(__dirname + '/${fileName}', {
  require,
  // Those of a module that is beside it.
  meta: { url: url + '/index.js', resolve: (name) => pathToFileURL(require.resolve(name)).href },
  // The registry that actors have by default is a part of the script.
  importModule: async (wanted) => (wanted === embeddedRegistry ? engine : await import(wanted)),
}))
module.exports = engine
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
