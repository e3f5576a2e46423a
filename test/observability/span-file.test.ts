import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative as pathRelative } from 'node:path'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { describe, expect, it, vi } from 'vitest'
import { beginRecording, createSpanFile } from '../../observability/create-span-file.ts'
import { Delivery } from '../../observability/delivery.ts'
import { SpanFile } from '../../observability/span-file.ts'
import { temporaryFolder } from '../pipelines/temporary-folder.ts'

const folder = temporaryFolder()

function openActor(path: string) {
  const complaints: string[] = []
  const delivery = new Delivery({
    topic: 'tracing',
    verb: 'record',
    route: `spans to ${path}`,
    complain: (line) => void complaints.push(line),
  })
  const file = new SpanFile(path, delivery)
  const tracer = new TracerProvider({ spanProcessors: [file] }).getTracer('test')
  return { file, complaints, span: (name: string) => tracer.startSpan(name).end() }
}

/** The names of the spans in each line. */
function linesOf(path: string): string[][] {
  const lines = readFileSync(path, 'utf8').split('\n')
  expect(lines.pop()).toBe('')
  return lines.map((line) =>
    JSON.parse(line).resourceSpans[0].scopeSpans[0].spans.map(({ name }: { name: string }) => name),
  )
}

describe('A file of spans', () => {
  it('gets whole lines from all who write to it, and all of their spans', async () => {
    const path = createSpanFile(join(folder, 'shared.jsonl'))
    const [lines, words] = [openActor(path), openActor(path)]
    lines.span('l1')
    words.span('w1')
    lines.span('l2')
    await lines.file.forceFlush()
    await words.file.shutdown()
    lines.span('l3')
    await lines.file.shutdown()
    expect(linesOf(path)).toEqual([['l1', 'l2'], ['w1'], ['l3']])
    expect([...lines.complaints, ...words.complaints]).toEqual([])
  })

  it('is written before there are too many, and nothing is dropped', async () => {
    const path = createSpanFile(join(folder, 'many.jsonl'))
    const actor = openActor(path)
    for (let n = 0; n < 10_000; n++) actor.span(`s${n}`)
    expect(linesOf(path).flat().length).toBeGreaterThan(9_000)
    await actor.file.shutdown()
    expect(linesOf(path).flat()).toEqual(Array.from({ length: 10_000 }, (_, n) => `s${n}`))
  })

  it('is written within a second or so', async () => {
    vi.useFakeTimers()
    try {
      const path = createSpanFile(join(folder, 'soon.jsonl'))
      const actor = openActor(path)
      actor.span('one')
      vi.advanceTimersByTime(1_000)
      expect(linesOf(path)).toEqual([['one']])
      await actor.file.shutdown()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('leaves no listener behind, and has one for all actors of a process', async () => {
    const before = process.listenerCount('exit')
    const path = createSpanFile(join(folder, 'listeners.jsonl'))
    const actors = Array.from({ length: 20 }, () => openActor(path))
    expect(process.listenerCount('exit')).toBe(before + 1)
    for (const { file } of actors) await file.shutdown()
    expect(process.listenerCount('exit')).toBe(before)
  })

  it('that cannot be opened disturbs nobody: it is said why, and at the end how many spans are lost', async () => {
    const none = openActor(join(folder, 'no/such/file.jsonl'))
    none.span('one')
    await none.file.shutdown()
    expect(none.complaints).toEqual([
      expect.stringMatching(
        /^tracing: cannot record spans to \S+: ENOENT: .*; they are dropped, and the pipeline runs on$/,
      ),
      expect.stringMatching(/^tracing: lost 1 of 1 spans to \S+$/),
    ])
  })

  it.runIf(process.platform === 'linux')('is given up with the first line that its disk has no room for', async () => {
    // The device of Linux that is always full.
    const full = openActor('/dev/full')
    for (let n = 0; n < 1_000; n++) full.span('one')
    expect(full.complaints).toEqual([expect.stringMatching(/^tracing: cannot record spans to \/dev\/full: ENOSPC: /)])
    await full.file.shutdown()
    expect(full.complaints.slice(1)).toEqual(['tracing: lost 1000 of 1000 spans to /dev/full'])
    const late = openActor('/dev/full')
    late.span('one')
    await late.file.shutdown()
    expect(late.complaints).toEqual([expect.stringMatching(/^tracing: lost 1 of 1 spans to \/dev\/full: ENOSPC: /)])
  })
})

describe('The making of a file of spans', () => {
  it('leaves a recording of before to the run that empties it, and gives back the whole path', async () => {
    const path = join(folder, 'again.jsonl')
    writeFileSync(path, '{"resourceSpans":[]}\n')
    symlinkSync(path, join(folder, 'link.jsonl'))
    expect(createSpanFile(join(folder, 'link.jsonl'))).toBe(join(folder, 'link.jsonl'))
    expect(readFileSync(path, 'utf8')).toBe('{"resourceSpans":[]}\n')
    const lock = await beginRecording(join(folder, 'link.jsonl'))
    lock.release()
    expect(readFileSync(path, 'utf8')).toBe('')
    const relative = join(pathRelative(process.cwd(), folder), 'new.jsonl')
    expect(createSpanFile(relative)).toBe(join(folder, 'new.jsonl'))
  })

  it('leaves a file alone that is something else', () => {
    const path = join(folder, 'pipeline.yaml')
    writeFileSync(path, 'stages: {}\n')
    expect(() => createSpanFile(path)).toThrow(`${path} is there, and is no recording of traces: it is left as it is`)
    expect(readFileSync(path, 'utf8')).toBe('stages: {}\n')
    expect(() => createSpanFile('/dev/null')).toThrow('/dev/null is no regular file')
  })

  it('says what is wrong with a place that cannot be written', () => {
    expect(() => createSpanFile(join(folder, 'no/file.jsonl'))).toThrow(`there is no folder ${join(folder, 'no')}`)
    expect(() => createSpanFile(folder)).toThrow('EISDIR')
  })
})
