import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const folder = join(import.meta.dirname, '../../observability')

/** Imports a module of observability in a process of its own: which packages that loads. */
async function packagesLoadedBy(file: string): Promise<string[]> {
  const program = `
    import { registerHooks } from 'node:module'
    const packages = new Set()
    registerHooks({
      resolve(specifier, context, next) {
        if (!/^(node:|file:|[./#])/.test(specifier)) packages.add(specifier)
        return next(specifier, context)
      },
    })
    await import(${JSON.stringify(join(folder, file))})
    console.log(JSON.stringify([...packages]))
  `
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program])
  return JSON.parse(stdout)
}

describe('Who does not trace', () => {
  it.each(['index.ts', 'attach.ts', 'attach-logs.ts'])('loads nothing of OpenTelemetry with %s', async (file) => {
    expect(await packagesLoadedBy(file)).toEqual([])
  })

  it('would be told if it did', async () => {
    expect(await packagesLoadedBy('open-tracing.ts')).toContain('@opentelemetry/sdk-trace')
  })
})
