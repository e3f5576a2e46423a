import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type FlowEnding, type FlowProcess, startFlow, waitFor } from './cli/flow-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return name
}

async function expectNothingLeft(run: FlowProcess): Promise<void> {
  await waitFor(
    () => run.processes().length === 0,
    () => `the end of the processes ${run.processes().join(', ')}`,
  )
}

async function flow(document: string): Promise<FlowEnding> {
  await using run = startFlow(['run', document], folder)
  const ending = await run.ended()
  await expectNothingLeft(run)
  return ending
}

/** The process of an actor of a run, by its title. */
function pidOf(run: FlowProcess, actor: string): number {
  const titled = run.processes().find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`flow ${actor}`))
  if (titled === undefined) throw new Error(`no process of ${actor} among ${run.processes().join(', ')}`)
  return titled
}

const endless = write(
  'endless.yaml',
  `stages:
  numbers: { source: { generate: { rateHz: 500 } } }
  passed: { from: numbers, steps: [{ map: n => n }] }
  report: { from: passed, sink: stdout }
`,
)

describe('A stage whose process is killed', () => {
  it.each(['numbers', 'passed', 'report'])('fails the run, which names %s, and leaves no process', async (stage) => {
    await using run = startFlow(['run', endless], folder)
    await run.saysOnStdout('\n')
    process.kill(pidOf(run, `${stage}#1`), 'SIGKILL')
    const { exitCode, stderr } = await run.ended()
    expect(exitCode).toBe(1)
    expect(stderr).toContain(`stage '${stage}' failed`)
    expect(stderr).toContain(`ActorExitError: actor '${stage}#1'`)
    expect(stderr).toContain('SIGKILL')
    expect(stderr).not.toContain('did not end within')
    await expectNothingLeft(run)
  })
})

describe('A stage that cannot say what it does', () => {
  it('runs to its end all the same', async () => {
    const engine = JSON.stringify(join(import.meta.dirname, '../../engine/index.ts'))
    // With its state, the actor has lost what its figures are asked of.
    write(
      'forgets.ts',
      `import { currentActor } from ${engine}
export async function* forgets(input: AsyncIterable<number>) {
  currentActor().state.clear()
  let asked = 0
  for await (const n of input) if (++asked % 100 === 0) yield n
}
`,
    )
    const document = write(
      'forgets.yaml',
      `stages:
  numbers: { source: { generate: { rateHz: 500, count: 500 } } }
  some: { from: numbers, steps: [{ use: "./forgets.ts#forgets" }], sink: stdout }
`,
    )
    const { exitCode, stdout, stderr } = await flow(document)
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '99\n199\n299\n399\n499\n' })
    expect(stderr).toMatch(/^forgets: done in /m)
  })
})

describe('A runner that is killed', () => {
  it('leaves no process and no socket behind', async () => {
    const temporary = join(folder, 'killed-runner')
    execFileSync('mkdir', [temporary])
    await using run = startFlow(['run', endless], folder, { TMPDIR: temporary })
    await run.saysOnStdout('\n')
    run.kill('SIGKILL')
    await expectNothingLeft(run)
    expect(readdirSync(temporary).filter((name) => name !== 'node-compile-cache')).toEqual([])
  })
})

describe('A run of which a stage fails', () => {
  it('counts no stage as done that was cut off', async () => {
    const document = write(
      'cut-off.yaml',
      `stages:
  few: { source: { generate: { count: 3 } }, sink: drop }
  numbers: { source: { generate: { rateHz: 500 } } }
  picky: { from: numbers, steps: [{ map: "n => { if (n === 500) throw new RangeError('no'); return n }" }], sink: drop }
`,
    )
    const { exitCode, stderr } = await flow(document)
    expect(exitCode).toBe(1)
    const states = Array.from(stderr.matchAll(/^(few|numbers|picky) .* (\w+)$/gm), ([, stage, state]) => [stage, state])
    expect(states).toEqual([
      ['few', 'done'],
      ['numbers', 'cancelled'],
      ['picky', 'failed'],
    ])
  })
})

describe('A run that is cancelled', () => {
  it('lets no step take what has come so far for all of its input', async () => {
    write(
      'gathers.ts',
      `export async function* gathers(input: AsyncIterable<number>) {
  let count = 0
  for await (const _ of input) if (++count === 5) console.error('five so far')
  console.error('that was all')
  yield count
}
`,
    )
    const stage = '{ source: { generate: { rateHz: 500 } }, steps: [{ use: ./gathers.ts#gathers }], sink: stdout }'
    await using run = startFlow(['run', write('gathers.yaml', `stages:\n  all: ${stage}\n`)], folder)
    await run.saysOnStderr('five so far')
    run.kill('SIGTERM')
    const { exitCode, stderr } = await run.ended()
    expect(stderr).not.toContain('that was all')
    expect(exitCode).toBe(143)
    await expectNothingLeft(run)
  })

  it.each([
    ['its own source', '  all: { source: ./leaves.ts#ticks, '],
    ['another stage', '  ticks: { source: ./leaves.ts#ticks }\n  all: { from: ticks, '],
  ])('has no sink finish with what a step let through that left in an orderly way: of %s', async (_, from) => {
    write(
      'leaves.ts',
      `import { setTimeout } from 'node:timers/promises'
export async function* ticks() {
  for (let n = 0; ; n += 1, await setTimeout(2)) yield n
}
export async function* leaves(input: AsyncIterable<number>, _options: unknown, { signal }: { signal: AbortSignal }) {
  const items = input[Symbol.asyncIterator]()
  const left = new Promise<{ done: true }>((resolve) => signal.addEventListener('abort', () => resolve({ done: true })))
  for (let count = 1; ; count += 1) {
    const next = await Promise.race([items.next(), left])
    if (next.done === true) break
    if (count === 5) console.error('five so far')
    yield next.value
  }
  console.error('left')
}
export async function commits(rows: AsyncIterable<unknown>) {
  for await (const row of rows) console.error('row', row)
  console.error('committed')
}
`,
    )
    const stages = `${from}steps: [{ use: ./leaves.ts#leaves }, { countBy: n => n % 2 }], sink: ./leaves.ts#commits }\n`
    await using run = startFlow(['run', write('leaves.yaml', `stages:\n${stages}`)], folder)
    await run.saysOnStderr('five so far')
    run.kill('SIGTERM')
    const { exitCode, stderr } = await run.ended()
    expect(exitCode).toBe(143)
    expect(stderr).toContain('left')
    expect(stderr).not.toMatch(/\| (row|committed)/)
    await expectNothingLeft(run)
  })
})

describe('A stage that reads none of its input', () => {
  it.each([
    ['a sink that returns at once', '{ from: numbers, sink: ./early.ts#early }'],
    [
      'a step that reads only one of two',
      '{ from: { a: numbers, b: endless }, steps: [{ use: ./early.ts#onlyA }], sink: drop }',
    ],
  ])('lets the run end: %s', async (_, stage) => {
    write(
      'early.ts',
      `export async function early() {}
export async function* onlyA(inputs: { a: AsyncIterable<number> }) { yield* inputs.a }
`,
    )
    const readsEndless = stage.includes('endless') ? '  endless: { source: generate }\n' : ''
    const text = `stages:\n  numbers: { source: { generate: { count: 100000 } } }\n${readsEndless}  last: ${stage}\n`
    expect(await flow(write('early.yaml', text))).toMatchObject({ exitCode: 0 })
  })
})

describe('A failing stage', () => {
  it('is reported with the error of its inline function, the place in the document and the item', async () => {
    const document = write(
      'inline.yaml',
      `stages:
  numbers: { source: { generate: { count: 1000 } } }
  picky:
    from: numbers
    steps:
      - map: "n => { if (n === 777) throw new RangeError('no sevens'); return n }"
  report: { from: picky, sink: drop }
`,
    )
    const { exitCode, stderr, stdout } = await flow(document)
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toContain("stage 'picky' failed")
    expect(stderr).toContain('inline.yaml:6:')
    expect(stderr).toMatch(/item +777/)
    expect(stderr).toContain('RangeError: no sevens')
  })

  it('is reported when an async function in a step rejects', async () => {
    const document = write(
      'async.yaml',
      `stages:
  numbers: { source: { generate: { count: 10 } } }
  picky:
    from: numbers
    steps:
      - map: "async n => { if (n === 7) throw new TypeError('no seven'); return n }"
    sink: stdout
`,
    )
    const { exitCode, stderr, stdout } = await flow(document)
    expect(exitCode).toBe(1)
    expect(stdout.trimEnd().split('\n')).toEqual(['0', '1', '2', '3', '4', '5', '6'])
    expect(stderr).toMatch(/item +7\n/)
    expect(stderr).toContain('TypeError: no seven')
  })

  it.each([
    ['rejects', 'export async function rows() { throw new Error("closed today") }'],
    ...['function*', 'async function*'].map((kind) => [
      `throws in its finally when its reader has had enough (${kind})`,
      `export ${kind} rows() { try { for (;;) yield 1 } finally { throw new Error("closed today") } }`,
    ]),
  ])('is reported when its source %s', async (_, source) => {
    write('rows.ts', source)
    const document = write(
      'rows.yaml',
      `stages:
  rows: { source: ./rows.ts#rows }
  first: { from: rows, steps: [{ take: 1 }], sink: drop }
`,
    )
    const { exitCode, stderr } = await flow(document)
    expect(exitCode).toBe(1)
    expect(stderr).toContain("stage 'rows' failed")
    expect(stderr).toContain('rows.yaml:2:')
    expect(stderr).toContain('Error: closed today')
  })

  it.each([
    ['a function', 'n => () => n', 'function'],
    ['a symbol', 'n => Symbol("x")', 'symbol'],
    ['a cycle', 'n => { const o = { n }; o.self = o; return o }', 'contains itself'],
  ])('is reported when it puts out %s', async (_, fn, why) => {
    const document = write(
      'unsendable.yaml',
      `stages:
  odd: { source: { generate: { count: 3 } }, steps: [{ map: '${fn}' }] }
  report: { from: odd, sink: drop }
`,
    )
    const { exitCode, stderr } = await flow(document)
    expect(exitCode).toBe(1)
    expect(stderr).toContain(why)
    expect(stderr).toContain("stage 'odd' failed")
  })

  it('is reported when an item is over the frame limit', async () => {
    const document = write(
      'huge.yaml',
      `stages:
  odd: { source: { generate: { count: 1 } }, steps: [{ map: 'n => "x".repeat(17 * 1024 * 1024)' }] }
  report: { from: odd, sink: drop }
`,
    )
    const { exitCode, stderr } = await flow(document)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('FrameTooLargeError')
    expect(stderr).toContain("stage 'odd' failed")
  })

  it.each([
    ['throws while it is loaded', "throw new Error('not today')", 'not today'],
    ['has no such export', 'export const other = 1', "'wanted'"],
  ])('is reported when its module %s', async (_, source, why) => {
    write('module.ts', source)
    const document = write(
      'module.yaml',
      `stages:
  numbers: { source: { generate: { count: 3 } } }
  picky: { from: numbers, steps: [{ use: ./module.ts#wanted }], sink: drop }
`,
    )
    const { exitCode, stderr } = await flow(document)
    expect(exitCode).toBe(1)
    expect(stderr).toContain(why)
    expect(stderr).toContain("stage 'picky' failed")
  })

  it('is reported with the line of a row that has too few fields, or of a file that cannot be read', async () => {
    write('short.csv', 'a,b,c\n1,2,3\n4,5\n')
    const short = write('short.yaml', 'stages:\n  rows: { source: { file: { path: short.csv } }, sink: stdout }\n')
    const missing = write('missing.yaml', 'stages:\n  rows: { source: { file: { path: gone.csv } }, sink: drop }\n')
    const ending = await flow(short)
    expect(ending).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('short.csv:3') })
    // The rows before it have arrived.
    expect(ending.stdout).toBe('{"a":"1","b":"2","c":"3"}\n')
    expect(await flow(missing)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('gone.csv') })
  })
})
