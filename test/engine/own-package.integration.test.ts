import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root, runProgram } from '../support/run-program.ts'

const builtEngine = pathToFileURL(join(root, 'dist/index.js')).href

/** An actor's module that tells what the package's name stands for: at its start, later, and for CommonJS. */
const module = `
  import { createRequire } from 'node:module'
  import * as found from 'actorflow'
  import { defineActor } from ${JSON.stringify(builtEngine)}
  const kindOf = (module) => module.mark ?? (module.defineActor === defineActor ? 'the engine itself' : 'a second engine')
  export const teller = defineActor(import.meta.url, {
    async tell() {
      return [kindOf(found), kindOf(await import('actorflow')), kindOf(createRequire(import.meta.url)('actorflow'))]
    },
  })
`
const program = `
  import { openNursery, run } from ${JSON.stringify(builtEngine)}
  import { teller } from './lib/teller.mjs'
  await run(() => openNursery(async (nursery) => {
    const portal = await nursery.startActor('teller', teller, { spawn: process.argv[2] })
    console.log((await portal.run('tell')).join(', '))
    await portal.cancelActor()
  }))
`

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actorflow-package-'))
  await mkdir(join(folder, 'node_modules'))
  await symlink(root, join(folder, 'node_modules/actorflow'))
  await mkdir(join(folder, 'lib'))
  await writeFile(join(folder, 'lib/teller.mjs'), module)
  await writeFile(join(folder, 'program.mjs'), program)
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe.each(['process', 'thread'])('An actor’s module in a %s of its own', (spawn) => {
  async function tell(...flags: string[]): Promise<string> {
    const { stdout, stderr, leftBehind } = await runProgram('node', [...flags, join(folder, 'program.mjs'), spawn])
    expect({ stderr, leftBehind }).toEqual({ stderr: '', leftBehind: [] })
    return stdout.trim()
  }

  async function installAnotherAt(path: string): Promise<void> {
    const other = join(folder, path, 'node_modules/actorflow')
    await mkdir(other, { recursive: true })
    await writeFile(join(other, 'package.json'), '{ "name": "actorflow", "type": "module", "exports": "./other.js" }')
    await writeFile(join(other, 'other.js'), "export const mark = 'another package'\n")
  }

  it('imports the engine that runs it', async () => {
    expect(await tell()).toBe('the engine itself, the engine itself, the engine itself')
  })

  it('imports the package of that name that is nearest to it, as it always does', async () => {
    await installAnotherAt('lib')
    expect(await tell()).toBe('another package, another package, another package')
  })

  it('passes over a folder of packages that has none of that name', async () => {
    await mkdir(join(folder, 'lib/node_modules/others'), { recursive: true })
    expect(await tell()).toBe('the engine itself, the engine itself, the engine itself')
  })

  it('imports what hooks of the user’s make of that name', async () => {
    const hooks = `
      import { registerHooks } from 'node:module'
      const url = new URL('made.mjs', import.meta.url).href
      registerHooks({
        resolve: (name, context, next) => (name === 'actorflow' ? { url, shortCircuit: true } : next(name, context)),
      })
    `
    await writeFile(join(folder, 'hooks.mjs'), hooks)
    await writeFile(join(folder, 'made.mjs'), "export const mark = 'made of it'\n")
    expect(await tell('--import', pathToFileURL(join(folder, 'hooks.mjs')).href)).toBe(
      'made of it, made of it, made of it',
    )
  })
})
