// The second step of the build: makes one file of what every actor loads, and one of what it loads when it uses it. An actor's start is
// its imports, and a file costs more than what is in it.
import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'rolldown'
import { makeScriptsOf, nativeReader } from './engine-script.js'
import { lateModules } from './late-modules.js'

const dist = join(import.meta.dirname, '../dist')
const bundled = join(dist, '.bundled')
// What `makeScriptsOf` makes entry points of.
const booted = ['engine/process/boot', 'engine/thread/boot']
// By users, and the module of a registry by the engine.
const imported = ['index', 'engine/index', 'registry/index', 'registry/embedded-registry']
// Only where an actor is debugged.
const rare = ['engine/debugger/open-inspector', 'engine/debugger/throw-holder']
const pathOf = (name) => join(dist, `${name}.js`)
const apart = new Set(rare.map(pathOf))
const late = new Set(lateModules.map(pathOf))

/**
 * An import of a builtin module reads everything that it exports, and with it loads what nobody asked for. This asks for the
 * names that are used, and no more.
 */
const frugalBuiltins = {
  name: 'frugal-builtins',
  resolveId(id, importer) {
    // A debugger's may take its time, and is not to be in the file of all others.
    if (!id.startsWith('node:') || importer?.includes('/debugger/')) return undefined
    return { id: `\0${id}`, moduleSideEffects: false }
  },
  load(id) {
    if (!id.startsWith('\0node:')) return undefined
    const name = id.slice(1)
    const names = Object.keys(process.getBuiltinModule(name))
    const declarations = names.map((each) => `export const ${each} = builtin.${each}`)
    return [`const builtin = process.getBuiltinModule('${name}')`, ...declarations].join('\n')
  },
}

const { output } = await build({
  input: Object.fromEntries([...booted, ...imported, ...rare].map((name) => [name, pathOf(name)])),
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  external: [/^(?!node:)[^./\0]/],
  plugins: [frugalBuiltins, nativeReader],
  treeshake: { propertyReadSideEffects: false },
  output: {
    dir: bundled,
    format: 'esm',
    // They become names of a script's.
    minifyInternalExports: false,
    // Beside the entry points of the engine, which are found from there.
    chunkFileNames: 'engine/[name]-[hash].js',
    codeSplitting: {
      // Each module is where it is said to be, whoever imports it.
      includeDependenciesRecursively: false,
      groups: [
        { name: 'late', test: (id) => late.has(id), priority: 2 },
        { name: 'core', test: (id) => !apart.has(id), priority: 1 },
      ],
    },
    // They are read with every start.
    comments: false,
    sourcemap: true,
  },
})

const chunkOf = (part) => output.find(({ name }) => name === part)
const parts = Object.fromEntries(['core', 'late'].map((part) => [part, join(bundled, chunkOf(part).fileName)]))
const missing = lateModules.filter((name) => !chunkOf('late').moduleIds.includes(pathOf(name)))
if (missing.length > 0) throw new Error(`there are no modules ${missing.join(', ')}: see bin/late-modules.js`)
for (const name of rare) {
  const { imports } = output.find(({ facadeModuleId }) => facadeModuleId === pathOf(name))
  if (imports.includes(chunkOf('late').fileName))
    throw new Error(`${name} imports what is late: see bin/late-modules.js`)
}
await makeScriptsOf(parts, {
  exportNames: chunkOf('core').exports,
  facades: imported.map((name) => join(bundled, `${name}.js`)),
})
// What is a part of the script and of nothing else.
const needless = output.filter(({ type, name, isEntry }) =>
  isEntry ? booted.includes(name) : type === 'chunk' && !(name in parts),
)
for (const { fileName } of needless) await rm(join(bundled, fileName))

// As it is in a program that the package is installed for.
const rehearsed = await readFile(pathOf('engine/process/rehearsed'), 'utf8')
await mkdir(join(bundled, 'engine/process'), { recursive: true })
const installed = rehearsed.replace(`'../definition.js'`, `'actorflow'`).replaceAll(/^\/\/.*\n?/gm, '')
if (!installed.includes(`'actorflow'`)) throw new Error(`what it imports is not where it is looked for: ${rehearsed}`)
await writeFile(join(bundled, 'engine/process/rehearsed.js'), installed)

// What a program loads whose registry is in a Redis, and no other: a bundle of its own. It is made as deep as it will be.
const redis = join(dist, 'registry/redis')
const bundledRedis = join(dist, '.redis/bundled')
await build({
  input: { index: join(redis, 'index.js'), 'redis-registry': join(redis, 'redis-registry.js') },
  platform: 'node',
  external: [/^[^./]/, /\/engine\/index\.js$/],
  output: { dir: bundledRedis, format: 'esm', chunkFileNames: 'shared-[hash].js', sourcemap: true },
})

// One character beyond ASCII doubles the memory that all of a file takes, and the time to read it.
for (const file of await readdir(bundled, { recursive: true })) {
  if (!/\.c?js$/.test(file)) continue
  const code = await readFile(join(bundled, file), 'utf8')
  const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  await writeFile(join(bundled, file), code.replace(/[^\0-\x7f]/g, escaped))
}

// The compiled modules make way; the types stay.
for (const layer of ['engine', 'registry']) {
  for (const file of await readdir(join(dist, layer), { recursive: true })) {
    if (/\.c?js(\.map)?$/.test(file)) await rm(join(dist, layer, file))
  }
}
await cp(bundled, dist, { recursive: true })
await rm(bundled, { recursive: true })
await cp(bundledRedis, redis, { recursive: true })
await rm(join(dist, '.redis'), { recursive: true })

// What the compiler leaves out.
const scripts = join(import.meta.dirname, '../registry/redis')
for (const file of await readdir(scripts)) {
  if (file.endsWith('.lua')) await copyFile(join(scripts, file), join(redis, file))
}
