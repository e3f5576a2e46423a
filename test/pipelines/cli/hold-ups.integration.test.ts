import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { startFlow } from './flow-process.ts'

const folder = temporaryFolder()

function write(name: string, ...lines: string[]): void {
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
}

// Large items: a window holds few of them.
write(
  'endless.yaml',
  'stages:',
  '  numbers: { source: generate, steps: [{ map: "n => `${n} ${\'x\'.repeat(50_000)}`" }] }',
  '  report: { from: numbers, sink: stdout }',
)
write(
  'steady.yaml',
  'stages:',
  '  numbers: { source: { generate: { rateHz: 100 } } }',
  '  report: { from: numbers, sink: drop }',
)
write(
  'slow.yaml',
  'stages:',
  "  numbers: { source: { generate: { count: 100 } }, steps: [{ map: n => 'x'.repeat(100_000) }] }",
  '  slow: { from: numbers, steps: [{ use: ./slow.ts#slow }] }',
  '  report: { from: slow, sink: drop }',
)
write(
  'slow.ts',
  "import { setTimeout as delay } from 'node:timers/promises'",
  'export async function* slow(input: AsyncIterable<string>) {',
  '  for await (const text of input) {',
  '    await delay(20)',
  '    yield text.length',
  '  }',
  '}',
)

describe('flow run', () => {
  it('says who waits for whom when nobody reads its output, and when it goes on', async () => {
    await using flow = startFlow(['run', 'endless.yaml', '--view', 'plain', '--stall-after', '2s'], folder)
    flow.pauseStdout()
    await flow.saysOnStderr('sink stdout not draining\n')
    expect(flow.stderr).toMatch(/^stalled: numbers#1 blocked \d+ s on report: sink stdout not draining$/m)
    // Nothing has ended for that it stood still.
    expect(flow.processes().length).toBeGreaterThanOrEqual(3)
    flow.resumeStdout()
    await flow.saysOnStderr('goes on after ')
    flow.kill('SIGTERM')
    expect(await flow.ended()).toMatchObject({ exitCode: 143 })
    expect(flow.processes()).toEqual([])
  })

  it('blames nobody for what it could not hear while it was stopped itself', async () => {
    await using flow = startFlow(['run', 'steady.yaml', '--view', 'plain', '--stall-after', '2s'], folder)
    await flow.saysOnStderr('steady 5.')
    flow.kill('SIGSTOP')
    await delay(4_000)
    flow.kill('SIGCONT')
    await flow.saysOnStderr('steady 1')
    flow.kill('SIGTERM')
    const { stderr } = await flow.ended()
    expect(stderr).not.toMatch(/stalled|does not answer|busy/)
  })

  it('names the bottleneck when it is done, and who waited for it', async () => {
    await using flow = startFlow(['run', 'slow.yaml'], folder)
    const { exitCode, stderr } = await flow.ended()
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(
      /\nbottleneck: slow \(busy \d+ %\); numbers waited for it \d+ % of the time, report \d+ %\n$/,
    )
    expect(flow.processes()).toEqual([])
  })
})
