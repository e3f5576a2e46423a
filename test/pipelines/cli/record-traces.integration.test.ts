import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Span } from '../../../pipelines/cli/trace/span.ts'
import { readTraceFile } from '../../../pipelines/cli/trace/trace-file.ts'
import { startTraceReceiver } from '../../support/trace-receiver.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { startFlow } from './flow-process.ts'

const folder = temporaryFolder()

writeFileSync(
  join(folder, 'spelling.yaml'),
  [
    'pipeline: spelling',
    'stages:',
    '  words: { source: { generate: { count: 40, rateHz: "${RATE:-10000}" } } }',
    '  letters: { from: words, actors: 2, steps: [{ flatMap: "n => [n, -n]" }] }',
    '  report: { from: letters, sink: drop }',
    '',
  ].join('\n'),
)

/** The spans of a recording, and what was said of it. */
async function read(name: string): Promise<{ spans: Span[]; notices: string[] }> {
  const spans: Span[] = []
  const notices: string[] = []
  const passedOver = (notice: string) => void notices.push(notice)
  for await (const some of readTraceFile(join(folder, name), { passedOver })) spans.push(...some)
  return { spans, notices }
}

describe('flow run --record-traces', () => {
  it('keeps the spans of all actors in one file, which a collector gets as well, and from which flow trace shows the path of an item', async () => {
    writeFileSync(join(folder, 'run.jsonl'), '{"resourceSpans":[]}\n'.repeat(1000))
    await using receiver = await startTraceReceiver()
    const args = ['run', 'spelling.yaml', '--record-traces', 'run.jsonl', '--trace', 'otlp', '--view', 'none']
    await using run = startFlow(args, folder, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })
    const ending = await run.ended()
    expect(ending).toMatchObject({ exitCode: 0, stdout: '' })
    expect(ending.stderr).toMatch(/\nthe run: {3}http:\/\/localhost:16686\/trace\/\w{32}\nits items: http/)
    expect(ending.stderr).toMatch(/\nits items: flow trace run\.jsonl --slowest 3\n$/)

    const { spans, notices } = await read('run.jsonl')
    expect(notices).toEqual([])
    const counts = Object.groupBy(spans, ({ service, name }) => `${service} ${name}`)
    expect(Object.fromEntries(Object.entries(counts).map(([key, some]) => [key, some?.length]))).toMatchObject({
      'spelling run spelling': 1,
      'spelling.words send letters': 40,
      'spelling.letters process letters': 40,
      'spelling.letters send report': 80,
      'spelling.report process report': 80,
    })
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(41)

    // A collector gets the same.
    const idsOf = (some: readonly { readonly spanId: string }[]) => some.map(({ spanId }) => spanId).toSorted()
    expect(idsOf(receiver.spans)).toEqual(idsOf(spans))

    const first = spans.find(({ name }) => name === 'send letters')
    await using trace = startFlow(['trace', 'run.jsonl', first?.traceId ?? ''], folder)
    const { stdout, stderr, exitCode } = await trace.ended()
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    expect(stdout).toMatch(
      /^words\S*\s.* 3 hops .*\n.*\nwords → letters#[12] .*\n(├|└) letters#[12] → report .*\n(└|├) letters#[12] → report /,
    )
    expect(stdout).toMatch(/\nhop +credit +wire +queue +handler /)

    // Those that took longest, from their first to their last hop.
    const hops = spans.filter(({ kind }) => kind === 'producer' || kind === 'consumer')
    const tookMs = (some: readonly Span[]) =>
      Math.max(...some.map(({ endMs }) => endMs)) - Math.min(...some.map(({ startMs }) => startMs))
    const longest = [...Map.groupBy(hops, ({ traceId }) => traceId)]
      .toSorted(([, one], [, other]) => tookMs(other) - tookMs(one))
      .slice(0, 5)
    await using slowest = startFlow(['trace', 'run.jsonl', '--slowest', '5'], folder)
    const paths = (await slowest.ended()).stdout
    expect(Array.from(paths.matchAll(/ trace (\w{32})$/gm), ([, id]) => id)).toEqual(longest.map(([id]) => id))
  })

  it('says that a file cannot be recorded to before anything is started', async () => {
    await using run = startFlow(['run', 'spelling.yaml', '--record-traces', 'spelling.yaml'], folder)
    expect(await run.ended()).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: 'flow: --record-traces: spelling.yaml is there, and is no recording of traces: it is left as it is\n',
    })
    expect(readFileSync(join(folder, 'spelling.yaml'), 'utf8')).toMatch(/^pipeline: spelling/)
    await using nowhere = startFlow(['run', 'spelling.yaml', '--record-traces', '/no-folder/run.jsonl'], folder)
    expect(await nowhere.ended()).toMatchObject({
      exitCode: 2,
      stderr: 'flow: --record-traces: cannot record to /no-folder/run.jsonl: there is no folder /no-folder\n',
    })
  })

  it('refuses a file that another run records to, until that has ended, however it has', async () => {
    const args = ['run', 'spelling.yaml', '--record-traces', 'one.jsonl', '--view', 'none']
    await using first = startFlow(args, folder, { RATE: '1' })
    await waitUntil(() => existsSync(join(folder, 'one.jsonl.lock')), { describe: () => first.stderr })
    const { pid } = JSON.parse(readFileSync(join(folder, 'one.jsonl.lock'), 'utf8')) as { pid: number }
    await using second = startFlow(args, folder)
    expect(await second.ended()).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: `flow: process ${pid} records to ${join(folder, 'one.jsonl')} now: name another file\n`,
    })
    first.kill('SIGKILL')
    await first.ended()
    expect(existsSync(join(folder, 'one.jsonl.lock'))).toBe(true)
    await using third = startFlow(args, folder)
    expect(await third.ended()).toMatchObject({ exitCode: 0 })
    expect(existsSync(join(folder, 'one.jsonl.lock'))).toBe(false)
    expect((await read('one.jsonl')).notices).toEqual([])
  })

  // It mounts a disk of its own, which only its processes see.
  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'goes on without a recording when its disk is full, and says of each actor why, and how many of its spans are lost',
    async () => {
      writeFileSync(
        join(folder, 'many.yaml'),
        `pipeline: many
stages:
  numbers: { source: { generate: { count: 2000 } } }
  report: { from: numbers, steps: [{ map: n => n + 1 }], sink: { file: { path: many.txt } } }
`,
      )
      const disk = join(folder, 'disk')
      mkdirSync(disk)
      const flow = [process.execPath, join(import.meta.dirname, '../../../pipelines/cli/main.ts')]
      const script = `
        mount -t tmpfs -o size=64k tmpfs ${disk}
        "$@" run many.yaml --record-traces ${disk}/run.jsonl --view none || exit 1
        "$@" trace ${disk}/run.jsonl`
      const { stdout, stderr } = await promisify(execFile)('unshare', ['--mount', 'sh', '-ec', script, 'sh', ...flow], {
        cwd: folder,
        env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' },
      })
      expect(readFileSync(join(folder, 'many.txt'), 'utf8').split('\n')).toHaveLength(2_001)
      for (const actor of ['numbers#1', 'report#1']) {
        const said = stderr.split('\n').filter((line) => line.startsWith('tracing: ') && line.includes(`'${actor}'`))
        // A line of 256 spans is longer than the disk.
        expect(said).toEqual([
          expect.stringMatching(
            /^tracing: cannot record spans of actor .*: ENOSPC: no space .*, and the pipeline runs on$/,
          ),
          expect.stringMatching(/^tracing: lost [1-9]\d* of \d{4} spans of actor /),
        ])
      }
      // As much as there was room for can be read.
      expect(stderr).toMatch(/run\.jsonl:\d+: a line was cut off/)
      expect(stdout).toMatch(/^item .* trace\n./)
    },
  )

  it.skipIf(!existsSync('/proc/self/environ')).for(['an actor', 'the root'] as const)(
    'leaves a recording that can be read when %s is killed',
    async (victim) => {
      const file = `${victim.replaceAll(' ', '-')}.jsonl`
      const args = ['run', 'spelling.yaml', '--record-traces', file, '--view', 'none']
      await using run = startFlow(args, folder, { RATE: '8' })
      const services = async () => {
        const { spans } = await read(file).catch(() => ({ spans: [] }))
        return new Set(
          spans.filter(({ kind }) => kind === 'consumer' || kind === 'producer').map(({ service }) => service),
        )
      }
      await waitUntil(async () => (await services()).size === 3, {
        withinMs: 20_000,
        describe: async () => ({ services: await services(), stderr: run.stderr }),
      })
      const before = (await read(file)).spans.length
      const pids = run.processes()
      if (victim === 'the root') run.kill('SIGKILL')
      // The root is the first of its processes.
      else process.kill(Math.max(...pids), 'SIGKILL')
      await run.ended()
      await waitUntil(() => run.processes().length === 0, { describe: () => run.processes() })
      const { spans, notices } = await read(file)
      // What was there is still there; those who lived on have added theirs, whole.
      expect(spans.length).toBeGreaterThanOrEqual(before)
      expect(notices.every((notice) => notice.includes('was cut off'))).toBe(true)
      expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
    },
  )
})
