import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { metrics, tracing } from '../../observability/index.ts'
import { temporaryFolder } from '../pipelines/temporary-folder.ts'
import { catchStderr } from '../support/caught-stderr.ts'
import { listenAnywhere } from '../support/scrape.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'

const folder = temporaryFolder()
const earlier = '{"resourceSpans":[{"scopeSpans":["of an earlier run"]}]}\n'
const now = '{"resourceSpans":[{"scopeSpans":["of this run"]}]}\n'
const stderr = catchStderr()
const { tree } = openTreeBed()

function recordTo(path: string) {
  return tracing({ recordTo: path, exporter: 'none' })
}

describe('A file to record to', () => {
  it('is emptied and kept by the root while it lives, and by nobody who has it in mind', async () => {
    const path = join(folder, 'run.jsonl')
    writeFileSync(path, earlier)
    const module = recordTo(path)
    expect(readFileSync(path, 'utf8')).toBe(earlier)
    expect(existsSync(`${path}.lock`)).toBe(false)
    for (let times = 0; times < 2; times += 1) {
      await tree(
        async () => {
          expect(readFileSync(path, 'utf8')).not.toMatch(/earlier run|this run/)
          expect(existsSync(`${path}.lock`)).toBe(true)
          appendFileSync(path, now)
          recordTo(path)
          expect(readFileSync(path, 'utf8')).toContain(now)
        },
        { attach: [module] },
      )
      expect(existsSync(`${path}.lock`)).toBe(false)
      expect(readFileSync(path, 'utf8')).toContain(now)
    }
    expect(stderr.text).toBe('')
  })

  it('is let go of by a root that could not start', async () => {
    const path = join(folder, 'unstarted.jsonl')
    const { server, port } = await listenAnywhere()
    try {
      const attach = [recordTo(path), metrics({ exporter: `prometheus://127.0.0.1:${port}` })]
      expect((await errorOf(tree(async () => undefined, { attach }))).message).toContain('the port is in use')
      expect(existsSync(`${path}.lock`)).toBe(false)
    } finally {
      server.close()
    }
  })

  it('is recorded to with a warning where there can be no lock', async () => {
    // Longer may no name be.
    const path = join(folder, 'x'.repeat(255))
    await tree(async () => undefined, { attach: [recordTo(path)] })
    expect(stderr.text).toContain(`tracing: nobody is kept from recording to ${path} as well: ENAMETOOLONG`)
    expect(existsSync(path)).toBe(true)
  })

  it('is refused where there is no folder for it, and in the place of a folder', () => {
    const none = join(folder, 'none')
    expect(() => recordTo(join(none, 'run.jsonl'))).toThrow(
      new Error(`cannot record to ${join(none, 'run.jsonl')}: there is no folder ${none}`),
    )
    mkdirSync(none)
    expect(() => recordTo(none)).toThrow(`cannot record to ${none}: it is a folder (EISDIR)`)
  })
})
