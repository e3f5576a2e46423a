// A part of the build's second step: makes a script of the engine, which `run-script.js` runs; why, is said there.
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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

/** Puts a script with all that it needs in the place of a module, which then gives what the script does: the exports of that name. */
export async function makeScriptOf(modulePath, exportNames) {
  const folder = join(modulePath, '..')
  const { output } = await build({
    input: modulePath,
    platform: 'node',
    external: [/^node:/, 'pino', 'msgpackr-extract'],
    plugins: [msgpackrParts],
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
  const loader = await readFile(join(import.meta.dirname, 'run-script.js'), 'utf8')
  const lines = [
    loader.replace(/^export /m, ''),
    `const engine = runScript('${fileName}', import.meta, (url) => import(url))`,
    ...exportNames.map((name) => `export const ${name} = engine.${name}`),
  ]
  await writeFile(modulePath, lines.join('\n'))
  await rm(`${modulePath}.map`)
  await copyFile(join(msgpackr, 'LICENSE'), join(folder, 'LICENSE-msgpackr'))
}

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
