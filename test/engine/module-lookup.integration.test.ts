import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root, runProgram } from '../support/run-program.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actorflow-package-'))
  await mkdir(join(folder, 'node_modules'))
  await mkdir(join(folder, 'lib'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** Writes a program with an actor whose module tells what the package's name stands for: at its start, and later. */
async function writeProgram(engine: string, path = 'lib/teller.mjs'): Promise<void> {
  const module = `
    import { createRequire } from 'node:module'
    import * as found from 'actorflow'
    import { defineActor } from ${JSON.stringify(engine)}
    const kindOf = (module) => module.mark ?? (module.defineActor === defineActor ? 'the engine' : 'another engine')
    const required = kindOf(createRequire(import.meta.url)('actorflow'))
    const later = async () => await import('actorflow').then(kindOf, (error) => error.code)
    export const teller = defineActor(import.meta.url, {
      tell: async () => [kindOf(found), required, await later()],
      where: () => import.meta.url,
    })
  `
  const program = `
    import { defineActor, openNursery, run } from ${JSON.stringify(engine)}
    const url = new URL(${JSON.stringify(path)}, import.meta.url).href
    const teller = defineActor(url, { tell: () => undefined, where: () => undefined })
    await run(() => openNursery(async (nursery) => {
      const portal = await nursery.startActor('teller', teller, { spawn: process.argv[2] })
      console.log((await portal.run('tell')).join(', '))
      console.log(await portal.run('where'))
      await portal.cancelActor()
    }))
  `
  await writeFile(join(folder, 'lib/teller.mjs'), module)
  await writeFile(join(folder, 'program.mjs'), program)
}

async function writePackage(path: string, mark: string): Promise<void> {
  const description = { name: 'actorflow', type: 'module', exports: './marked.js' }
  await mkdir(join(folder, path), { recursive: true })
  await writeFile(join(folder, path, 'package.json'), JSON.stringify(description))
  await writeFile(join(folder, path, 'marked.js'), `export const mark = '${mark}'\n`)
}

describe.each(['process', 'thread'])('An actor’s module in a %s of its own', (spawn) => {
  interface Given {
    flags?: string[]
    env?: Record<string, string>
  }

  /** Runs the program. Two lines: what the name stands for, and where the module is. */
  async function runTeller({ flags = [], env }: Given = {}): Promise<readonly string[]> {
    const program = [...flags, join(folder, 'program.mjs'), spawn]
    const { stdout, stderr, leftBehind } = await runProgram('node', program, env === undefined ? {} : { env })
    expect({ stderr, leftBehind }).toEqual({ stderr: '', leftBehind: [] })
    return stdout.split('\n')
  }

  const tell = async (given?: Given) => (await runTeller(given))[0]

  describe('where the package is installed', () => {
    beforeEach(async () => {
      await symlink(root, join(folder, 'node_modules/actorflow'))
      await writeProgram(pathToFileURL(join(root, 'dist/index.js')).href)
    })

    it('imports the engine that runs it', async () => {
      expect(await tell()).toBe('the engine, the engine, the engine')
    })

    it.each([
      ['a link', 'link/teller.mjs', 'lib/teller.mjs'],
      ['a query', 'lib/teller.mjs?asked', 'lib/teller.mjs?asked'],
      ['other characters', 'lib/tell%C3%A9r%20%23.mjs', 'lib/tell%C3%A9r%20%23.mjs'],
      ['characters that need not be escaped', 'lib/%74eller.mjs', 'lib/teller.mjs'],
    ])('is where it always is with %s in its URL', async (_, path, there) => {
      await symlink('lib', join(folder, 'link'))
      await cp(join(folder, 'lib/teller.mjs'), join(folder, 'lib/tellér #.mjs'))
      await writeProgram(pathToFileURL(join(root, 'dist/index.js')).href, path)
      expect((await runTeller())[1]).toBe(
        new URL(there, pathToFileURL(join(await realpath(folder), 'program.mjs'))).href,
      )
    })

    it('is what hooks make of it that are attached', async () => {
      const attached = `
        import { registerHooks } from 'node:module'
        const url = new URL('lib/other.mjs', import.meta.url).href
        export const attach = () => void registerHooks({
          resolve: (name, context, next) => (name.endsWith('/teller.mjs') ? { url, shortCircuit: true } : next(name, context)),
        })
      `
      await writeFile(join(folder, 'attached.mjs'), attached)
      await cp(join(folder, 'lib/teller.mjs'), join(folder, 'lib/other.mjs'))
      const program = await readFile(join(folder, 'program.mjs'), 'utf8')
      const options = `, { attach: [{ url: new URL('attached.mjs', import.meta.url).href, options: {} }] })\n`
      await writeFile(join(folder, 'program.mjs'), program.replace(/\)\s*$/, options))
      expect((await runTeller())[1]).toMatch(/\/lib\/other\.mjs$/)
    })

    it('is not found, in node’s words, if it is not there', async () => {
      await rm(join(folder, 'lib/teller.mjs'))
      const { stderr } = await runProgram('node', [join(folder, 'program.mjs'), spawn])
      expect(stderr).toMatch(/SpawnError.*Cannot find module .*teller\.mjs/)
    })

    it('imports the package of that name that is nearest to it, as it always does', async () => {
      await writePackage('lib/node_modules/actorflow', 'the nearest')
      expect(await tell()).toBe('the nearest, the nearest, the nearest')
    })

    it('imports the package that it belongs to, if that has the name', async () => {
      await writePackage('lib', 'its own')
      expect(await tell()).toBe('its own, its own, its own')
    })

    it.each([
      ['has none of that name', () => mkdir(join(folder, 'lib/node_modules/others'), { recursive: true })],
      ['cannot be read', () => symlink('node_modules', join(folder, 'lib/node_modules'))],
    ])('passes over a folder of packages that %s', async (_, make) => {
      await make()
      expect(await tell()).toBe('the engine, the engine, the engine')
    })

    it.each([
      ['a flag', (url: string) => ({ flags: ['--import', url] })],
      ['the environment', (url: string) => ({ env: { NODE_OPTIONS: `--import=${url}` } })],
    ])('imports what hooks make of the name that %s brings', async (_, given) => {
      const hooks = `
        import { registerHooks } from 'node:module'
        const url = new URL('lib/marked.js', import.meta.url).href
        registerHooks({
          resolve: (name, context, next) => (name === 'actorflow' ? { url, shortCircuit: true } : next(name, context)),
        })
      `
      await writeFile(join(folder, 'hooks.mjs'), hooks)
      await writeFile(join(folder, 'lib/marked.js'), "exports.mark = 'of the hooks'\n")
      expect(await tell(given(pathToFileURL(join(folder, 'hooks.mjs')).href))).toBe(
        'of the hooks, of the hooks, of the hooks',
      )
    })
  })

  it('is told where the package is, and so finds one that node would have to look up, until it is loaded', async () => {
    const installed = join(folder, 'node_modules/actorflow')
    await mkdir(installed)
    await cp(join(root, 'dist'), join(installed, 'dist'), { recursive: true })
    const description = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>
    // By which node would find nothing.
    const exports = { './others': './others.js' }
    await writeFile(join(installed, 'package.json'), JSON.stringify({ ...description, exports }))
    await writeProgram(pathToFileURL(join(installed, 'dist/index.js')).href)
    expect(await tell()).toBe('the engine, the engine, ERR_PACKAGE_PATH_NOT_EXPORTED')
  })
})
