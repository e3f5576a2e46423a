import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFlow } from './cli/flow-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()

writeFileSync(
  join(folder, 'doubled.yaml'),
  `pipeline: doubled
stages:
  numbers: { source: { generate: { count: 50000 } } }
  report: { from: numbers, steps: [{ map: n => n * 2 }], sink: stdout }
`,
)

describe('flow run --trace otlp with a collector that takes and never answers', () => {
  let collector: Server
  let requestCount = 0

  beforeAll(async () => {
    collector = createServer(() => {
      requestCount += 1
    })
    await once(collector.listen(0, '127.0.0.1'), 'listening')
  })

  afterAll(async () => {
    collector.closeAllConnections()
    collector.close()
    await once(collector, 'close')
  })

  it('delivers every item, and says of each actor once that spans are dropped, and how many in the end', async () => {
    const { port } = collector.address() as AddressInfo
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` }
    await using run = startFlow(['run', 'doubled.yaml', '--trace', 'otlp', '--view', 'none'], folder, env)
    const { exitCode, stdout, stderr } = await run.ended()
    expect(exitCode).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(50_000)
    expect(requestCount).toBeGreaterThan(0)
    const said = stderr.split('\n').filter((line) => line.startsWith('tracing: '))
    for (const actor of ['doubled', 'numbers#1', 'report#1']) {
      const ofActor = said.filter((line) => line.includes(`actor '${actor}'`))
      expect(ofActor.filter((line) => line.includes('they are dropped')).length).toBeLessThanOrEqual(1)
      expect(ofActor.filter((line) => line.startsWith('tracing: lost '))).toHaveLength(1)
    }
    // A link to traces that nobody has would lead nowhere.
    expect(stderr).not.toContain('/trace')
    expect(said.join('\n')).toContain("lost 50000 of 50000 spans of actor 'numbers#1'")
  })
})
