import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { attributeNames } from '../../../../observability/index.ts'
import { endCutLine } from '../../../../pipelines/cli/trace/cut-line.ts'
import { spansOf } from '../../../../pipelines/cli/trace/otlp-line.ts'
import { type TraceOptions, traceCommand } from '../../../../pipelines/cli/trace-command.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { recordingLine, type SpanDraft, traceId } from './recording.ts'

const folder = temporaryFolder()
const { itemNumber, queueWaitMs, creditWaitMs, handlerMs, itemDropped, contributorCount } = attributeNames

/** Writes a recording and shows it; on a terminal of so many columns, or into a pipe. */
async function show(
  content: string | readonly SpanDraft[],
  item?: string,
  { columns, ...options }: TraceOptions & { columns?: number } = {},
) {
  const file = join(folder, 'run.jsonl')
  writeFileSync(file, typeof content === 'string' ? content : content.map((draft) => recordingLine(draft)).join(''))
  return await showFile(file, item, options, columns)
}

async function showFile(file: string, item?: string, options: TraceOptions = {}, columns?: number) {
  const stdout = Object.assign(new PassThrough(), {
    isTTY: columns !== undefined,
    columns: columns ?? 0,
    hasColors: () => true,
  })
  const written = text(stdout)
  let stderr = ''
  const exitCode = await traceCommand(file, item, options, { stdout, stderr: { write: (said) => (stderr += said) } })
  stdout.end()
  return { exitCode, stdout: await written, stderr: stderr.replaceAll(folder, '…') }
}

/** Item 7 of `lines`: it waits for credit, is on the wire, is queued, is handled, and goes on to `report`. */
const chain: readonly SpanDraft[] = [
  { trace: 'a1', id: '01', name: 'lines > words', at: [2, 10], attributes: { [itemNumber]: 7, [creditWaitMs]: 10 } },
  {
    trace: 'a1',
    id: '02',
    parent: '01',
    name: 'lines > words !',
    at: [40, 80],
    attributes: { [itemNumber]: 7, [queueWaitMs]: 20, [handlerMs]: 40 },
  },
  { trace: 'a1', id: '03', parent: '02', name: 'words > report', at: [70, 70], attributes: { [creditWaitMs]: 0 } },
  { trace: 'a1', id: '04', parent: '03', name: 'words > report !', at: [90, 100], attributes: { [queueWaitMs]: 5 } },
]

describe('flow trace', () => {
  it('shows the path of an item: where its time went, hop by hop, and a bar to scale', async () => {
    const { exitCode, stdout, stderr } = await show(chain, '7')
    expect(stdout).toBe(`lines:7  100 ms  2 hops  2026-01-31T00:00:00.000Z  trace ${traceId('a1')}
hop              credit     wire    queue  handler  0                                         100 ms
lines → words   10.0 ms  10.0 ms  20.0 ms  40.0 ms  ░░░░░─────▒▒▒▒▒▒▒▒▒███████████████████
words → report     0 ms  15.0 ms  5.00 ms  10.0 ms                                    ───────▒▒█████

░ waits for credit  ─ on the wire  ▒ queued  █ in the handler
`)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })
  it('finds an item by its number, by its source and number, and by the beginning of its trace id', async () => {
    const other: SpanDraft = {
      trace: 'b2c3',
      id: '11',
      name: 'pages > words',
      at: [1, 2],
      attributes: { [itemNumber]: 7 },
    }
    const both = [...chain, other]
    const names = async (item: string) => {
      const { stdout, stderr, exitCode } = await show(both, item)
      return {
        found: Array.from(stdout.matchAll(/^(\S+) .* trace [0-9a-f]{32}$/gm), ([, name]) => name),
        stderr,
        exitCode,
      }
    }
    expect(await names('7')).toEqual({ found: ['lines:7', 'pages:7'], stderr: '', exitCode: 0 })
    expect(await names('pages:7')).toEqual({ found: ['pages:7'], stderr: '', exitCode: 0 })
    expect(await names('b2c3')).toEqual({ found: ['pages:7'], stderr: '', exitCode: 0 })
    expect(await names(traceId('a1').toUpperCase())).toEqual({ found: ['lines:7'], stderr: '', exitCode: 0 })
    expect(await names('8')).toEqual({
      found: [],
      stderr: `flow: no item 8 in …/run.jsonl, which has 2 traces, lines:7 to pages:7: an item has one if it was sampled (--trace-ratio)\n`,
      exitCode: 1,
    })
    expect(await names('xyz')).toMatchObject({
      stderr: expect.stringMatching(/^flow: 'xyz' is no item: /),
      exitCode: 2,
    })
    const twins = [chain[0] as SpanDraft, { ...other, trace: 'a1a1a1a1a1b2' }]
    expect(await show(twins, 'a1a1')).toMatchObject({
      stderr: expect.stringMatching(/^flow: 2 traces begin with a1a1: [0-9a-f]{32}, [0-9a-f]{32}\n$/),
      exitCode: 2,
    })
  })

  it('lists the traces of a recording', async () => {
    const failed: SpanDraft = { trace: 'b2', id: '11', name: 'pages > words', at: [5, 1505.5], error: 'no' }
    expect(await show([failed, ...chain])).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: `item        began    took  hops  trace
lines:7     +0 ms  100 ms     2  ${traceId('a1')}
pages    +5.00 ms  1.50 s     1  ${traceId('b2')}  ✗ failed
`,
    })
  })

  it('shows the items that took longest, the longest first', async () => {
    const drafts = [3, 1, 2].map((ms): SpanDraft => {
      return { trace: `c${ms}`, id: '01', name: 'lines > words', at: [0, ms], attributes: { [itemNumber]: ms } }
    })
    const { stdout } = await show(drafts, undefined, { slowest: 2 })
    expect(stdout.match(/^lines:\d/gm)).toEqual(['lines:3', 'lines:2'])
  })

  it('shows where an item became many, branch by branch, and the actors of a stage that has several', async () => {
    const branchOf = (id: string, index: number, at: number): SpanDraft[] => [
      { trace: 'a1', id: `${id}1`, parent: '02', name: 'words > counts', at: [at, at] },
      { trace: 'a1', id: `${id}2`, parent: `${id}1`, name: `words > counts#${index} !`, at: [at + 1, at + 2] },
      { trace: 'a1', id: `${id}3`, parent: `${id}2`, name: `counts#${index} > report`, at: [at + 2, at + 2] },
      { trace: 'a1', id: `${id}4`, parent: `${id}3`, name: 'counts > report !', at: [at + 3, at + 4] },
    ]
    const drafts = [...chain.slice(0, 2), ...branchOf('2', 2, 50), ...branchOf('1', 1, 45)]
    const { stdout } = await show(drafts, '7')
    expect(hopsOf(stdout)).toEqual([
      'lines → words',
      '├ words → counts#1',
      '│ counts#1 → report',
      '└ words → counts#2',
      '  counts#2 → report',
    ])
  })

  it('shows the first of many branches, and all on request', async () => {
    const many = Array.from({ length: 100 }, (_, n): SpanDraft => {
      const id = n.toString(16).padStart(2, '0')
      return { trace: 'a1', id: `c${id}c`, parent: '02', name: 'words > counts', at: [45, 45 + n / 10] }
    })
    const few = await show([...chain.slice(0, 2), ...many], '7')
    expect(few.stdout.match(/words → counts/g)).toHaveLength(12)
    expect(few.stdout).toContain('\n└ … 88 more, the longest 9.90 ms: --all shows them\n')
    const all = await show([...chain.slice(0, 2), ...many], '7', { all: true })
    expect(all.stdout.match(/words → counts/g)).toHaveLength(100)
  })

  it('marks what failed and what was dropped, with the reason', async () => {
    const [sent, received] = chain as [SpanDraft, SpanDraft]
    const failed = await show([sent, { ...received, error: 'too long\na word' }], '7')
    expect(failed.stdout).toContain('lines → words ✗')
    expect(failed.stdout).toContain('\n    ✗ too long\\na word\n')
    const dropped = await show([sent, { ...received, attributes: { [itemDropped]: true } }], '7')
    expect(dropped.stdout).toContain('nothing came of it: its path ends here')
  })

  it('shows what an aggregate was made of, and what became of an item that is in one', async () => {
    const aggregate: SpanDraft = {
      trace: 'd4',
      id: '41',
      name: 'words > counts',
      at: [90, 91],
      attributes: { [itemNumber]: 0, [contributorCount]: 1204 },
      links: [
        ['a1', '02'],
        ['ee', '02'],
      ],
    }
    const [path, counts] = [await show([...chain, aggregate], '7'), await show([...chain, aggregate], 'words:0')]
    expect(counts.stdout).toContain('made of 1204 items: lines:7, trace eeeeeeee, …\n')
    expect(path.stdout).toContain('\nit is in words:0\n')
  })

  it('shows spans of the user beside the hops, and finds a place for those whose own one is missing', async () => {
    const request: SpanDraft = { trace: 'a1', id: '31', parent: '02', name: 'GET /tags', at: [41, 60] }
    const lost: SpanDraft = { trace: 'a1', id: '51', parent: '99', name: 'lost > found !', at: [85, 86] }
    const circle: SpanDraft[] = [
      { trace: 'a1', id: '61', parent: '62', name: 'egg', at: [10, 11] },
      { trace: 'a1', id: '62', parent: '61', name: 'hen', at: [10, 11] },
    ]
    const { stdout } = await show([...chain.slice(0, 2), request, lost, ...circle], '7')
    expect(hopsOf(stdout)).toEqual(['├ lines → words', '│ · GET /tags', '├ · egg', '│ · hen', '└ ? → found'])
    expect(stdout).toContain('its sending was not recorded')
    expect(stdout).toContain('the span that it belongs to was not recorded')
  })

  it('needs no attribute at all, and says of each time how much is known', async () => {
    const bare = [
      { ...(chain[0] as SpanDraft), attributes: {} },
      { ...(chain[1] as SpanDraft), attributes: {} },
    ]
    expect((await show(bare, 'a1a1')).stdout).toMatch(/\nlines → words {2,}– +≤30\.0 ms +– +40\.0 ms /)
    // The receiver's clock is behind that of the sender.
    const [sent, received] = chain as [SpanDraft, SpanDraft]
    const skewed = await show([{ ...sent, at: [35, 35] }, received], '7')
    expect(skewed.stdout).toMatch(/\nlines → words +10\.0 ms +≈0 ms +20\.0 ms +40\.0 ms /)
    const unreceived = await show([sent], '7')
    expect(unreceived.stdout).toContain('nobody was seen to receive it')
    expect(unreceived.stdout).not.toContain('NaN')
  })

  it.for([
    [40, false],
    [60, false],
    [80, true],
    [133, true],
    [300, true],
  ] as const)('fits a terminal of %i columns, with colours; with bars: %s', async ([columns, hasBars]) => {
    const { stdout } = await show([...chain, { ...(chain[3] as SpanDraft), id: '05', error: 'x'.repeat(500) }], '7', {
      columns,
    })
    expect(stdout).toContain('\x1b[31m')
    const lines = stripVTControlCharacters(stdout).split('\n').slice(1, -2)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns)
    // The time in the handlers is there at any width.
    expect(lines[0]).toMatch(/ handler\b/)
    expect(lines.some((line) => line.includes('█'))).toBe(hasBars)
  })

  it('has no colours in a pipe', async () => {
    const { stdout } = await show(chain, '7')
    expect(stdout).toBe(stripVTControlCharacters(stdout))
  })

  it('lets nothing of a recording steer the terminal', async () => {
    const { stdout } = await show([{ ...(chain[0] as SpanDraft), name: 'evil\x1b[2J span' }], 'a1a1')
    expect(stdout).toContain('evil\ufffd[2J span')
  })

  it.for<[string, string, string]>([
    ['nothing', '', 'has no traces: no item was sampled'],
    ['spans of no trace', recordingLine(), 'has no traces: no item was sampled'],
    ['text', 'hello\n', ':1: this is no JSON (Unexpected token'],
    ['text in its midst', `${recordingLine(...chain)}hello\n${recordingLine(...chain)}`, ':2: this is no JSON'],
    ['an object of something else', '{"spans":[]}\n', ':1: it has no resourceSpans'],
    ['a number', '1\n', ':1: the line is no object'],
    ['no list', '{"resourceSpans":{}}\n', ':1: resourceSpans is no list'],
    [
      'an id that is none',
      recordingLine(...chain).replace(traceId('a1'), 'a1=='),
      ':1: resourceSpans[0].scopeSpans[0].spans[0].traceId is no id of 32 hex digits',
    ],
    [
      'a time that is none',
      recordingLine(...chain).replace(/"startTimeUnixNano":"\d+"/, '"startTimeUnixNano":"soon"'),
      ':1: resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano is no time in nanoseconds',
    ],
  ])('says what is wrong with a file that has %s', async ([, content, complaint]) => {
    const { exitCode, stdout, stderr } = await show(content)
    expect(stderr).toMatch(/^flow: …\/run\.jsonl[^\n]*\n$/)
    expect(stderr).toContain(complaint)
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  })

  it('says that a file is not there, or is a folder', async () => {
    expect(await showFile(join(folder, 'none.jsonl'))).toMatchObject({
      exitCode: 1,
      stderr: 'flow: there is no file …/none.jsonl\n',
    })
    expect(await showFile(folder)).toMatchObject({ exitCode: 1, stderr: 'flow: … is a folder\n' })
  })

  it('passes over what was cut off by a process that was killed, and says so', async () => {
    const line = recordingLine(...chain)
    const cutOff = (number: number) =>
      `flow: …/run.jsonl:${number}: a line was cut off, as by a process that was killed while it wrote, or on a full disk: it is read up to there\n`
    const atEnd = await show(`${line}${line.slice(0, 200)}`, '7')
    expect(atEnd).toMatchObject({ exitCode: 0, stderr: cutOff(2), stdout: expect.stringContaining('lines → words') })
    // Another actor wrote on behind the one that was killed.
    const inside = await show(`${line.slice(0, 200)}${line}`, '7')
    expect(inside).toMatchObject({ exitCode: 0, stderr: cutOff(1), stdout: expect.stringContaining('lines → words') })
    // It, or a person, may have got to a line's end.
    const ended = await show(`${line.slice(0, 200)}\n${line}`, '7')
    expect(ended).toMatchObject({ exitCode: 0, stderr: cutOff(1), stdout: expect.stringContaining('lines → words') })
    const atOnce = await show(`${line.slice(0, 5)}${line.slice(0, 200)}${line}`, '7')
    expect(atOnce).toMatchObject({ exitCode: 0, stderr: cutOff(1), stdout: expect.stringContaining('lines → words') })
    const unended = await show(line.trimEnd(), '7')
    expect(unended).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('lines → words') })
  })

  it('reads the whole spans of a line that was cut off, wherever that was', async () => {
    const line = recordingLine(...chain).trimEnd()
    for (let length = 1; length < line.length; length += 1) {
      const ended = endCutLine(line.slice(0, length)) ?? ''
      const spans = spansOf(JSON.parse(ended))
      expect(spansOf(JSON.parse(line)).slice(0, spans.length)).toEqual(spans)
    }
    // All but the last, which lacks a bracket.
    const withoutEnd = spansOf(JSON.parse(endCutLine(line.slice(0, -'}]}]}]}'.length)) ?? ''))
    expect(withoutEnd).toHaveLength(chain.length - 1)
  })

  it('says so where nothing of a file is whole', async () => {
    const { exitCode, stderr } = await show(recordingLine(...chain).slice(0, 200))
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr:
        'flow: …/run.jsonl:1: a line was cut off, as by a process that was killed while it wrote, or on a full disk: it is read up to there\n' +
        'flow: …/run.jsonl has no traces: what was written of them was cut off\n',
    })
  })

  it("reads what a collector's file exporter wrote: metrics and logs between traces, names of kinds, other types", async () => {
    const content = readFileSync(join(import.meta.dirname, 'collector.jsonl'), 'utf8')
    const { exitCode, stdout, stderr } = await show(content, '5b8efff7')
    expect(hopsOf(stdout)).toEqual(['checkout → orders', '· INSERT orders ✗'])
    expect(stdout).toContain('✗ duplicate key')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })
})

/** The first column of what was shown, of the lines that have times. */
function hopsOf(stdout: string): string[] {
  const lines = stdout.split('\n')
  const rows = lines.slice(lines.findIndex((line) => line.startsWith('hop')) + 1, lines.indexOf(''))
  return rows
    .filter((line) => / (?:–|µs|ms) /.test(`${line} `) && !/ {4}✗ /.test(line))
    .map((line) => line.split(/ {2,}(?=[–≤≈\d])/)[0] ?? '')
}
