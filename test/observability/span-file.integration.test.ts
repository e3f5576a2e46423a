import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readTraceFile } from '../../pipelines/cli/trace/trace-file.ts'
import { temporaryFolder } from '../pipelines/temporary-folder.ts'

const run = promisify(execFile)
const folder = temporaryFolder()
const source = join(import.meta.dirname, '../../observability/span-file.ts')
const delivery = join(import.meta.dirname, '../../observability/delivery.ts')

describe('A file of spans', () => {
  it.for(['throw new Error("nobody catches this")', 'process.exit(3)'])(
    'has all spans of a process that ends with %s',
    async (end) => {
      const path = join(folder, 'ends.jsonl')
      writeFileSync(path, '')
      const program = `
        import { TracerProvider } from '@opentelemetry/sdk-trace'
        import { SpanFile } from ${JSON.stringify(source)}
        import { Delivery } from ${JSON.stringify(delivery)}
        const file = new SpanFile(${JSON.stringify(path)}, new Delivery({ topic: 'tracing', route: 'spans', complain: console.error }))
        const tracer = new TracerProvider({ spanProcessors: [file] }).getTracer('test')
        tracer.startSpan('the last one').end()
        setImmediate(() => { ${end} })
      `
      const ending = run(process.execPath, ['--input-type=module', '--eval', program], { cwd: import.meta.dirname })
      await expect(ending).rejects.toMatchObject({ code: expect.any(Number) })
      const spans = await Array.fromAsync(readTraceFile(path, { passedOver: expect.unreachable }))
      expect(spans.flat()).toMatchObject([{ name: 'the last one', kind: 'internal', parentId: undefined }])
    },
  )
})
