// The second step of the build: makes one file of the engine's many. An actor's start is its imports, and a file costs
// more than what is in it.
import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'rolldown'

const folder = join(import.meta.dirname, '../dist/engine')
const bundled = join(import.meta.dirname, '../dist/.engine')
const entries = ['index', 'bootstrap', 'thread/bootstrap', 'debugger/throw-holder', 'debugger/open-inspector']

await build({
  input: Object.fromEntries(entries.map((name) => [name, join(folder, `${name}.js`)])),
  platform: 'node',
  external: [/^[^./]/],
  output: { dir: bundled, format: 'esm', chunkFileNames: 'shared-[hash].js', sourcemap: true },
})

// The compiled modules make way; the types stay.
for (const file of await readdir(folder, { recursive: true })) {
  if (/\.js(\.map)?$/.test(file)) await rm(join(folder, file))
}
await cp(bundled, folder, { recursive: true })
await rm(bundled, { recursive: true })
