import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RegistryUnavailableError, UsageError } from '../../../engine/index.ts'
import type { InterruptSignal } from '../../../pipelines/cli/exit-code.ts'
import { type RunHost, type RunOptions, runCommand } from '../../../pipelines/cli/run-command.ts'
import { PipelineError, PipelineSpecError, planObject, StageError } from '../../../pipelines/index.ts'
import type { Pipeline } from '../../../pipelines/pipeline.ts'
import type { PipelineStatistics } from '../../../pipelines/statistics.ts'
import { createScreen, type Screen } from './screen.ts'
import { statisticsOf } from './statistics-of.ts'

const plan = planObject({ stages: { lines: { source: 'generate', sink: 'drop' } } })
const problem = { file: 'p.yaml', line: 2, column: 3, message: 'no' }
const cancelled = Object.assign(new PipelineError('cancelled'), { code: 'FLOW_CONTEXT_CANCELLED' })

/** A pipeline that does nothing but what the test tells it, and a process around it that is only looked at. */
function fakeRun(options: Partial<RunOptions> = {}, changes: Partial<RunHost> = {}) {
  const ended = Promise.withResolvers<PipelineStatistics>()
  const calls: string[] = []
  let figures = statisticsOf(0, {})
  let stderr = ''
  let listener: ((signal: InterruptSignal) => void) | undefined
  const pipeline: Pipeline = {
    plan,
    processIds: [],
    traceId: undefined,
    result: ended.promise,
    stream: () => expect.unreachable(),
    statistics: () => figures,
    drain: async () => void calls.push('drain'),
    cancel: async () => void calls.push('cancel'),
    kill: () => void calls.push('kill'),
    [Symbol.asyncDispose]: async () => void calls.push('dispose'),
  }
  const host: RunHost = {
    stderr: { write: (text) => (stderr += text), on: () => {}, off: () => {} },
    environment: {},
    check: async () => plan,
    attachments: async () => [],
    traceNotes: () => [],
    open: async () => pipeline,
    onSignal: (listen) => {
      listener = listen
      return { [Symbol.dispose]: () => (listener = undefined) }
    },
    exit: (code) => calls.push(`exit ${code}`),
    ...changes,
  }
  const exitCode = runCommand('p.yaml', { view: 'auto', ...options }, host)
  return {
    exitCode,
    calls,
    pipeline,
    done: ended.resolve,
    fail: ended.reject,
    figures: (...args: Parameters<typeof statisticsOf>) => (figures = statisticsOf(...args)),
    signal: (name: InterruptSignal) => listener?.(name),
    isListening: () => listener !== undefined,
    stderr: () => stderr,
  }
}

describe('flow run', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('ends with 0 and a summary when the pipeline is done', async () => {
    const run = fakeRun()
    run.done(statisticsOf(1000, { itemsIn: 10, state: 'done' }))
    expect(await run.exitCode).toBe(0)
    expect(run.stderr()).toMatch(/^count: done in 1\.0 s\nstage .*\nlines .*10\/s\n$/)
    expect(run.calls).toEqual(['dispose'])
    expect(run.isListening()).toBe(false)
  })

  it('says all that is wrong with the document, and starts nothing', async () => {
    const open = vi.fn<RunHost['open']>()
    const check = () => Promise.reject(new PipelineSpecError([problem, { ...problem, line: 4 }]))
    const run = fakeRun({}, { check, open })
    expect(await run.exitCode).toBe(2)
    expect(run.stderr()).toBe('p.yaml:2:3: no\np.yaml:4:3: no\n2 problems\n')
    expect(open).not.toHaveBeenCalled()
  })

  it('ends with 2 also when the document turns out to be wrong as it is started', async () => {
    const run = fakeRun({}, { open: () => Promise.reject(new PipelineSpecError([problem])) })
    expect(await run.exitCode).toBe(2)
    expect(run.stderr()).toBe('p.yaml:2:3: no\n1 problem\n')
  })

  it('ends with 1 and the report when a stage fails', async () => {
    const run = fakeRun()
    run.figures(2000, { state: 'failed' })
    run.fail(new StageError({ stage: 'lines', item: '7' }, new PipelineError('no')))
    expect(await run.exitCode).toBe(1)
    expect(run.stderr()).toMatch(
      /^stage 'lines' failed\n {2}item {3}7\nPipelineError: no\ncount: failed after 2\.0 s\n/,
    )
  })

  it('ends with 1 and the report when a stage does not start', async () => {
    const open = () => Promise.reject(new StageError({ stage: 'lines' }, new PipelineError('no such module')))
    const run = fakeRun({}, { open })
    expect(await run.exitCode).toBe(1)
    expect(run.stderr()).toBe("stage 'lines' failed\nPipelineError: no such module\n")
  })

  it.for([
    [2, new UsageError("'zzz' is no address of a registry")],
    [1, new UsageError('cannot listen there', { cause: Object.assign(new Error(), { syscall: 'listen' }) })],
    [1, new RegistryUnavailableError('redis://here', 'ECONNREFUSED', { cause: new Error('ECONNREFUSED') })],
  ] as const)('ends with %i and a line in plain words when it is not let start: %s', async ([code, error]) => {
    const run = fakeRun({}, { open: () => Promise.reject(error) })
    expect(await run.exitCode).toBe(code)
    expect(run.stderr()).toBe(`flow: ${error.message}\n`)
  })

  it('hands on what nobody expected', async () => {
    const run = fakeRun({}, { open: () => Promise.reject(new TypeError('a bug')) })
    await expect(run.exitCode).rejects.toThrow('a bug')
    const late = fakeRun()
    late.fail(new TypeError('a later bug'))
    await expect(late.exitCode).rejects.toThrow('a later bug')
  })

  it('hands its settings of logs to the pipeline, and speaks as these have it', async () => {
    const open = vi.fn<RunHost['open']>(() => Promise.reject(new PipelineError('enough')))
    const run = fakeRun({ logFormat: 'json', logLevel: ['info', 'lines=debug'] }, { open })
    expect(await run.exitCode).toBe(1)
    expect(open).toHaveBeenCalledWith(plan, { attach: [], log: { format: 'json', level: 'info,lines=debug' } })
    expect(JSON.parse(run.stderr())).toMatchObject({
      level: 'error',
      actor: 'flow',
      msg: expect.stringContaining('enough'),
    })
  })

  it.each([
    [{ logLevel: ['loud'] }, {}, /^flow: --log-level: 'loud' in 'loud' is no level: .*\n$/],
    [{ logLevel: ['line=debug'] }, {}, /^flow: --log-level: there is no stage 'line': did you mean 'lines'\?.*\n$/],
    [{}, { FLOW_LOG_FORMAT: 'xml' }, /^flow: FLOW_LOG_FORMAT is json, pretty, text, not 'xml'\n$/],
  ])('starts nothing for logs that cannot be: %j in the environment %j', async (options, environment, said) => {
    const open = vi.fn<RunHost['open']>()
    const run = fakeRun(options, { open, environment })
    expect(await run.exitCode).toBe(2)
    expect(run.stderr()).toMatch(said)
    expect(open).not.toHaveBeenCalled()
  })

  it('hands the modules to attach, and where the registry is, to the pipeline', async () => {
    const open = vi.fn<RunHost['open']>(() => Promise.reject(new PipelineError('enough')))
    const attachments = vi.fn<RunHost['attachments']>(async () => [{ url: 'file:///trace.ts' }])
    await fakeRun({ trace: 'console', registry: 'unix:/a' }, { open, attachments }).exitCode
    expect(attachments).toHaveBeenCalledWith({ view: 'auto', trace: 'console', registry: 'unix:/a' })
    expect(open).toHaveBeenCalledWith(plan, {
      attach: [{ url: 'file:///trace.ts' }],
      log: {},
      registry: 'unix:/a',
    })
  })

  it('ends with 2, and opens nothing, where certificates are missing', async () => {
    vi.useRealTimers()
    const run = fakeRun({ tlsCert: 'a.pem' }, { open: () => expect.unreachable() })
    expect(await run.exitCode).toBe(2)
    expect(run.stderr()).toBe('flow: TLS needs all three: --tls-cert, --tls-key and --tls-ca\n')
  })

  describe('when it is interrupted', () => {
    it('drains, ends with 130, and prints the summary all the same', async () => {
      const run = fakeRun()
      await vi.advanceTimersByTimeAsync(1)
      run.signal('SIGINT')
      expect(run.calls).toEqual(['drain'])
      run.done(statisticsOf(1000, {}))
      expect(await run.exitCode).toBe(130)
      expect(run.stderr()).toMatch(/^draining: .*; ctrl-c again to cancel\ncount: drained after 1\.0 s\n/)
    })

    it('reports a stage that fails while it drains, and ends with 1', async () => {
      const run = fakeRun()
      await vi.advanceTimersByTimeAsync(1)
      run.signal('SIGINT')
      run.fail(new StageError({ stage: 'lines' }, new PipelineError('no')))
      expect(await run.exitCode).toBe(1)
      expect(run.stderr()).toContain("stage 'lines' failed")
    })

    it.for([
      [['SIGINT', 'SIGINT'], 130],
      [['SIGTERM'], 143],
    ] as const)('is cancelled by %j without a report of that, and ends with %i', async ([signals, code]) => {
      const run = fakeRun()
      await vi.advanceTimersByTimeAsync(1)
      for (const signal of signals) run.signal(signal)
      expect(run.calls.at(-1)).toBe('cancel')
      run.fail(cancelled)
      expect(await run.exitCode).toBe(code)
      expect(run.stderr()).toMatch(/cancelling: [^\n]*\ncount: cancelled after 0 ms\n/)
    })

    it('reports a stage that fails in its clean-up, and ends as interrupted', async () => {
      const run = fakeRun()
      await vi.advanceTimersByTimeAsync(1)
      run.signal('SIGTERM')
      run.fail(new StageError({ stage: 'lines' }, new PipelineError('no')))
      expect(await run.exitCode).toBe(143)
      expect(run.stderr()).toMatch(/stage 'lines' failed[^]*count: cancelled/)
    })

    it('is killed by a third ctrl-c, and ends although the pipeline never says that it has', async () => {
      const run = fakeRun()
      await vi.advanceTimersByTimeAsync(1)
      for (let n = 1; n <= 3; n++) run.signal('SIGINT')
      expect(run.calls).toEqual(['drain', 'cancel', 'kill'])
      await vi.advanceTimersByTimeAsync(2000)
      expect(await run.exitCode).toBe(130)
      expect(run.calls.slice(3)).toEqual(['exit 130'])
      expect(run.stderr()).toMatch(/\nkilling\ncount: killed after/)
    })

    it('applies a signal that came while the pipeline was starting', async () => {
      const opened = Promise.withResolvers<Pipeline>()
      const run = fakeRun({}, { open: () => opened.promise })
      await vi.advanceTimersByTimeAsync(1)
      run.signal('SIGINT')
      expect(run.calls).toEqual([])
      opened.resolve(run.pipeline)
      await vi.advanceTimersByTimeAsync(1)
      expect(run.calls).toEqual(['drain'])
      run.done(statisticsOf(0, {}))
      expect(await run.exitCode).toBe(130)
    })

    it('says nothing of a pipeline that did not start because of the signal', async () => {
      const opened = Promise.withResolvers<Pipeline>()
      const run = fakeRun({}, { open: () => opened.promise })
      await vi.advanceTimersByTimeAsync(1)
      run.signal('SIGINT')
      opened.reject(new PipelineError('actor died'))
      expect(await run.exitCode).toBe(130)
      expect(run.stderr()).not.toContain('actor died')
    })
  })

  describe('on stderr that is no terminal', () => {
    it('prints a line every 5 seconds, and none in a shorter run', async () => {
      const run = fakeRun()
      run.figures(4900, { itemsIn: 4900 })
      await vi.advanceTimersByTimeAsync(4900)
      expect(run.stderr()).toBe('')
      run.figures(5000, { itemsIn: 5000 })
      await vi.advanceTimersByTimeAsync(5200)
      expect(run.stderr()).toBe('count 5.0 s: lines 5,000 (1.00k/s)\n'.repeat(2))
      run.done(statisticsOf(0))
      await run.exitCode
      const before = run.stderr()
      await vi.advanceTimersByTimeAsync(60_000)
      expect(run.stderr()).toBe(before)
    })

    it('prints no line when it is told so', async () => {
      const run = fakeRun({ view: 'none' })
      await vi.advanceTimersByTimeAsync(60_000)
      expect(run.stderr()).toBe('')
      run.done(statisticsOf(0))
      await run.exitCode
    })

    it('draws nothing there, even when it is told to, and says what comes instead', async () => {
      const run = fakeRun({ view: 'live' })
      await vi.advanceTimersByTimeAsync(5000)
      expect(run.stderr()).toMatch(
        /^flow: --view live needs a terminal of 8 lines to draw on: a line every 5 seconds comes instead\ncount .*\n$/,
      )
      run.done(statisticsOf(0))
      await run.exitCode
    })
  })

  describe('on a terminal', () => {
    let screen: Screen

    beforeEach(() => {
      vi.stubEnv('TERM', 'xterm')
      screen = createScreen(12, 80)
    })
    afterEach(() => void vi.unstubAllEnvs())

    it('draws the view five times a second, and leaves only data and summary', async () => {
      const run = fakeRun({}, { stderr: screen })
      run.figures(100, { itemsIn: 1234 })
      await vi.advanceTimersByTimeAsync(250)
      screen.write('{"data":1}\n')
      expect(screen.lines().slice(-4)).toEqual([
        'count  100 ms',
        'stage  actors  state    items in  items out     in/s  █busy ▒blocked',
        'lines       1  running     1,234          0  12.3k/s  ··············',
        '',
      ])
      run.figures(300, { itemsIn: 9999 })
      await vi.advanceTimersByTimeAsync(200)
      expect(screen.lines().at(-2)).toContain('9,999')
      run.done(statisticsOf(1000, { state: 'done' }))
      expect(await run.exitCode).toBe(0)
      expect(screen.text()).toBe(
        '{"data":1}\ncount: done in 1.0 s\nstage  actors  items in  items out  in/s\nlines       1         0          0   0/s',
      )
    })

    it('writes over the ^C that the terminal shows', async () => {
      const run = fakeRun({}, { stderr: screen })
      await vi.advanceTimersByTimeAsync(250)
      screen.write('^C')
      run.signal('SIGINT')
      expect(screen.lines()[0]).toMatch(/^draining:/)
      run.done(statisticsOf(0))
      await run.exitCode
    })

    it('draws nothing on a terminal that cannot place the cursor', async () => {
      vi.stubEnv('TERM', 'dumb')
      const run = fakeRun({}, { stderr: screen })
      await vi.advanceTimersByTimeAsync(1000)
      expect(screen.text()).toBe('')
      run.done(statisticsOf(0))
      await run.exitCode
    })

    it('gives the terminal back when the process ends on the way', async () => {
      const before = process.listeners('exit')
      const run = fakeRun({}, { stderr: screen })
      await vi.advanceTimersByTimeAsync(250)
      const [release] = process.listeners('exit').filter((each) => !before.includes(each))
      release?.(0)
      expect(screen.text()).toBe('')
      run.done(statisticsOf(0))
      await run.exitCode
      expect(process.listeners('exit')).toEqual(before)
    })
  })
})
