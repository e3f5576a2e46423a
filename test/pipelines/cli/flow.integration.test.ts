import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { type FlowEnding, type FlowProcess, startFlow, waitFor } from './flow-process.ts'

const folder = temporaryFolder()

function write(name: string, ...lines: string[]): void {
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
}

write(
  'numbers.yaml',
  'stages:',
  '  numbers:',
  '    source: { generate: { count: 1000 } }',
  '  doubled:',
  '    from: numbers',
  '    actors: 1',
  '    steps: [{ map: n => n * 2 }]',
  '  report:',
  '    from: doubled',
  '    sink: stdout',
)
write(
  'wrong.yaml',
  'stages:',
  '  numbers:',
  '    source: { genrate: { count: 1000 } }',
  '  report:',
  '    from: number',
  '    sink: { stdout: { format: tabel } }',
)
write(
  'failing.yaml',
  'stages:',
  '  numbers: { source: { generate: { from: 40 } } }',
  '  picky:',
  '    from: numbers',
  '    steps:',
  '      - use: ./picky.ts#notFortyTwo',
  '  report: { from: picky, sink: drop }',
)
write(
  'picky.ts',
  'export async function* notFortyTwo(input: AsyncIterable<number>) {',
  '  for await (const n of input) {',
  "    if (n === 42) throw new RangeError('not this one')",
  '    yield n',
  '  }',
  '}',
)
write(
  'endless.yaml',
  'stages:',
  '  numbers: { source: { generate: { rateHz: 200 } } }',
  '  report: { from: numbers, steps: [{ use: ./last-words.ts#lastWords }], sink: stdout }',
)
write(
  'last-words.ts',
  "import { writeFileSync } from 'node:fs'",
  'export async function* lastWords(input: AsyncIterable<number>) {',
  '  try {',
  '    yield* input',
  '  } finally {',
  "    writeFileSync(process.env['LAST_WORDS'] ?? '', 'bye')",
  '  }',
  '}',
)
// Goes on when its input has ended: a drain waits for it, a cancel does not.
write(
  'undrained.yaml',
  'stages:',
  '  numbers: { source: { generate: { rateHz: 200 } } }',
  '  report: { from: numbers, steps: [{ use: ./undrained.ts#undrained }], sink: stdout }',
)
write(
  'undrained.ts',
  "import { writeFileSync } from 'node:fs'",
  'export async function* undrained(input: AsyncIterable<number>, _options: unknown, stage: { signal: AbortSignal }) {',
  '  try {',
  '    yield* input',
  "    console.error('drained')",
  '    const stuck = setInterval(() => {}, 1000)',
  "    await new Promise((_, reject) => stage.signal.addEventListener('abort', () => {",
  '      clearInterval(stuck)',
  '      reject(stage.signal.reason)',
  '    }))',
  '  } finally {',
  "    writeFileSync(process.env['LAST_WORDS'] ?? '', 'bye')",
  '  }',
  '}',
)
// Does not even hear that it is cancelled.
write(
  'deaf.yaml',
  'stages:',
  '  numbers: { source: { generate: { rateHz: 200 } } }',
  '  report: { from: numbers, steps: [{ use: ./deaf.ts#deaf }], sink: stdout }',
)
write(
  'deaf.ts',
  'export async function* deaf(input: AsyncIterable<number>) {',
  '  for await (const n of input) {',
  '    yield n',
  '    if (n === 5) {',
  "      console.error('deaf')",
  '      for (;;);',
  '    }',
  '  }',
  '}',
)

async function flow(...args: string[]): Promise<FlowEnding> {
  await using run = startFlow(args, folder)
  const ending = await run.ended()
  await expectNothingLeft(run)
  return ending
}

async function expectNothingLeft(run: FlowProcess): Promise<void> {
  await waitFor(
    () => run.processes().length === 0,
    () => `the end of the processes ${run.processes().join(', ')}`,
  )
  expect(run.processes()).toEqual([])
}

describe('flow run', () => {
  it('says which directory is needed where there is none for temporary files', async () => {
    const none = join(folder, 'none')
    await using run = startFlow(['run', 'numbers.yaml', '--view', 'none'], folder, { TMPDIR: none })
    expect(await run.ended()).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: `flow: cannot make a run directory in ${none}: there is no such directory; set TMPDIR to a directory that may be written\n`,
    })
  })

  it('puts the data and nothing else on stdout, a summary on stderr, and ends with 0', async () => {
    const { stdout, stderr, exitCode } = await flow('run', 'numbers.yaml')
    expect(stdout).toBe(Array.from({ length: 1000 }, (_, n) => `${n * 2}\n`).join(''))
    expect(stderr).toMatch(
      /^numbers: done in .*\nstage .*\nnumbers .*\ndoubled +1 +1,000 +1,000 .*\nreport .*\n(?:bottleneck: .*\n)?$/,
    )
    expect(exitCode).toBe(0)
  })

  it('says all that is wrong with a document, starts nothing, and ends with 2', async () => {
    const { stdout, stderr, exitCode } = await flow('run', 'wrong.yaml')
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^wrong\.yaml:3:15: .*'generate'/),
      expect.stringMatching(/^wrong\.yaml:5:\d+: .*'numbers'/),
      expect.stringMatching(/^wrong\.yaml:6:\d+: /),
      '3 problems',
    ])
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
  })

  it('reports which stage failed, in which actor and where, with the remote stack, and ends with 1', async () => {
    const { stderr, exitCode } = await flow('run', 'failing.yaml')
    expect(stderr).toMatch(/^stage 'picky' failed\n {2}actor {2}\S*picky\S* \(.+\)\n/)
    expect(stderr).toContain('\nRangeError: not this one\n')
    expect(stderr).toMatch(/\n {4}at .*notFortyTwo.* \(.*picky\.ts:3:\d+\)\n/)
    expect(stderr).not.toMatch(/\n {4}at .*(node:internal|\/engine\/|\/pipelines\/)/)
    expect(stderr).toMatch(/\nfailing: failed after /)
    expect(exitCode).toBe(1)
  })

  it('ends with 0 when the reader of its data has gone', async () => {
    const lastWords = join(folder, 'gone')
    await using run = startFlow(['run', 'endless.yaml'], folder, { LAST_WORDS: lastWords })
    await run.saysOnStdout('\n3\n')
    run.closeStdout()
    expect(await run.ended()).toMatchObject({ exitCode: 0, signal: null })
    expect(readFileSync(lastWords, 'utf8')).toBe('bye')
    await expectNothingLeft(run)
  })

  it('traces onto stderr, and leaves the data alone', async () => {
    const { stdout, stderr, exitCode } = await flow(
      'run',
      'numbers.yaml',
      '--trace',
      'console',
      '--trace-ratio',
      '0.01',
    )
    expect(stdout.trimEnd().split('\n')).toHaveLength(1000)
    expect(stderr.length).toBeGreaterThan(0)
    expect(exitCode).toBe(0)
  })
})

describe('An interrupted flow run', () => {
  it('drains at ctrl-c: what is in flight is finished, and the run ends with 130', async () => {
    const lastWords = join(folder, 'drained')
    await using run = startFlow(['run', 'endless.yaml'], folder, { LAST_WORDS: lastWords })
    await run.saysOnStdout('\n5\n')
    run.ctrlC()
    const { exitCode, stdout, stderr } = await run.ended()
    expect(stderr).toMatch(/^draining: .*\nendless: drained after /)
    const numbers = stdout.trimEnd().split('\n')
    expect(numbers).toEqual(numbers.map((_, index) => String(index)))
    expect(stdout.endsWith('\n')).toBe(true)
    expect(readFileSync(lastWords, 'utf8')).toBe('bye')
    expect(exitCode).toBe(130)
    await expectNothingLeft(run)
  })

  it('is cancelled at a second ctrl-c: the finally of its stages has run, and it ends with 130', async () => {
    const lastWords = join(folder, 'cancelled')
    await using run = startFlow(['run', 'undrained.yaml'], folder, { LAST_WORDS: lastWords })
    await run.saysOnStdout('\n5\n')
    run.ctrlC()
    await run.saysOnStderr('drained')
    expect(existsSync(lastWords)).toBe(false)
    run.ctrlC()
    const { exitCode, stderr } = await run.ended()
    expect(stderr).toMatch(/\ncancelling: .*\nundrained: cancelled after /)
    expect(readFileSync(lastWords, 'utf8')).toBe('bye')
    expect(exitCode).toBe(130)
    await expectNothingLeft(run)
  })

  it('is killed at a third ctrl-c, whatever its stages do, and ends with 130', async () => {
    await using run = startFlow(['run', 'deaf.yaml'], folder)
    await run.saysOnStderr('deaf')
    run.ctrlC()
    await run.saysOnStderr('draining')
    run.ctrlC()
    await run.saysOnStderr('cancelling')
    run.ctrlC()
    const { exitCode, stderr } = await run.ended()
    expect(stderr).toMatch(/\nkilling\ndeaf: killed after /)
    expect(exitCode).toBe(130)
    await expectNothingLeft(run)
  })

  it.for([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('is cancelled at a %s, and ends with %i', async ([signal, code]) => {
    const lastWords = join(folder, signal)
    await using run = startFlow(['run', 'undrained.yaml'], folder, { LAST_WORDS: lastWords })
    await run.saysOnStdout('\n5\n')
    run.kill(signal)
    const { exitCode, stderr } = await run.ended()
    expect(stderr).toMatch(/^cancelling: .*\nundrained: cancelled after /)
    expect(readFileSync(lastWords, 'utf8')).toBe('bye')
    expect(exitCode).toBe(code)
    await expectNothingLeft(run)
  })

  it('ends with 130 when ctrl-c comes while it starts', async () => {
    await using run = startFlow(['run', 'endless.yaml'], folder, { LAST_WORDS: join(folder, 'started') })
    await waitFor(
      () => run.processes().length > 1,
      () => 'the first process of a stage',
    )
    run.kill('SIGINT')
    const { exitCode, stderr } = await run.ended()
    expect(stderr).toMatch(/^(stopping|draining)/)
    expect(exitCode).toBe(130)
    await expectNothingLeft(run)
  })
})

describe('flow check', () => {
  it('says that a document is fine', async () => {
    expect(await flow('check', 'numbers.yaml')).toEqual({
      exitCode: 0,
      signal: null,
      stdout: 'numbers.yaml: ok (3 stages, 3 actors)\n',
      stderr: '',
    })
  })

  it('says all that is wrong with one, and ends with 2', async () => {
    const { exitCode, stdout, stderr } = await flow('check', 'wrong.yaml')
    expect(stderr).toMatch(/^wrong\.yaml:3:15: [^]*\n3 problems\n$/)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  })

  it('says that a file cannot be read', async () => {
    const { exitCode, stderr } = await flow('check', 'none.yaml')
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: 'none.yaml: the document cannot be read: no such file\n1 problem\n',
    })
  })
})

describe('flow', () => {
  it('says in one line which option was meant, and ends with 2', async () => {
    const { exitCode, stdout, stderr } = await flow('run', 'numbers.yaml', '--veiw', 'plain')
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: "flow: unknown option '--veiw' (Did you mean --view?); see flow --help\n",
    })
  })

  it('has the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'))
    expect(await flow('--version')).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: '' })
  })
})
