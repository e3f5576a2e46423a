import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { RunOptions } from '../../../pipelines/cli/run-command.ts'

const run = promisify(execFile)
const file = join(import.meta.dirname, '../../../pipelines/cli/attachments.ts')

/** How many modules of observability a run with such options loads in its own process to know what to attach. */
async function countLoadedFor(options: Partial<RunOptions>): Promise<number> {
  const program = `
    import { registerHooks } from 'node:module'
    let count = 0
    registerHooks({
      load(url, context, next) {
        if (url.includes('/observability/')) count += 1
        return next(url, context)
      },
    })
    const { attachmentsFor } = await import(${JSON.stringify(file)})
    await attachmentsFor(${JSON.stringify({ view: 'none', ...options })})
    console.log(count)
  `
  const env = { ...process.env, OTEL_METRICS_EXPORTER: '', OTEL_LOGS_EXPORTER: '' }
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { env })
  return Number(stdout)
}

describe('What knows of traces, metrics and logs', () => {
  it('is loaded for who asks for one of them, and for nobody else', async () => {
    expect(await countLoadedFor({ trace: 'otlp' })).toBeGreaterThan(0)
    expect(await countLoadedFor({})).toBe(0)
  })
})
