import { describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../pipelines/cli/command-line.ts'

async function flow(...args: string[]) {
  let stdout = ''
  let stderr = ''
  const calls: unknown[] = []
  const exitCode = await runCommandLine(
    args,
    '1.2.3',
    {
      run: async (...call) => (calls.push(['run', ...call]), 1),
      check: async (...call) => (calls.push(['check', ...call]), 2),
      graph: async (...call) => (calls.push(['graph', ...call]), 1),
      top: async (...call) => (calls.push(['top', ...call]), 1),
      dump: async (...call) => (calls.push(['dump', ...call]), 1),
      trace: async (...call) => (calls.push(['trace', ...call]), 1),
      actor: async (...call) => (calls.push(['actor', ...call]), 1),
      ps: async (...call) => (calls.push(['ps', ...call]), 1),
      call: async (...call) => (calls.push(['call', ...call]), 1),
      stream: async (...call) => (calls.push(['stream', ...call]), 1),
      stop: async (...call) => (calls.push(['stop', ...call]), 2),
      log: async (...call) => (calls.push(['log', ...call]), 1),
    },
    { stdout: { write: (text) => (stdout += text) }, stderr: { write: (text) => (stderr += text) } },
  )
  return { exitCode, stdout, stderr, calls }
}

describe('The command line', () => {
  it('runs a document with its options, and ends as the run does', async () => {
    expect(await flow('run', 'a.yaml')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: '',
      calls: [['run', 'a.yaml', { view: 'auto' }]],
    })
    const { calls } = await flow(
      'run',
      '--trace',
      'otlp',
      '--trace-ratio',
      '0.5',
      '--trace-errors',
      'a.yaml',
      '--view=plain',
    )
    expect(calls).toEqual([['run', 'a.yaml', { trace: 'otlp', traceRatio: 0.5, traceErrors: true, view: 'plain' }]])
    const logging = await flow(
      'run',
      'a.yaml',
      ...'--logs otlp --log-format json --log-level info --log-level a=debug'.split(' '),
    )
    expect(logging.calls).toEqual([
      ['run', 'a.yaml', { view: 'auto', logs: 'otlp', logFormat: 'json', logLevel: ['info', 'a=debug'] }],
    ])
  })

  it('records traces and shows them', async () => {
    const { calls } = await flow(
      'run',
      'a.yaml',
      '--record-traces',
      'run.jsonl',
      '--trace-ratio',
      '0.1',
      '--trace-ui',
      'http://j/',
    )
    const options = { recordTraces: 'run.jsonl', traceRatio: 0.1, traceUi: 'http://j/', view: 'auto' }
    expect(calls).toEqual([['run', 'a.yaml', options]])
    expect(await flow('trace', 'run.jsonl')).toMatchObject({
      exitCode: 1,
      calls: [['trace', 'run.jsonl', undefined, {}]],
    })
    const path = await flow('trace', 'run.jsonl', 'lines:17', '--all')
    expect(path.calls).toEqual([['trace', 'run.jsonl', 'lines:17', { all: true }]])
    const slowest = await flow('trace', 'run.jsonl', '--slowest', '5')
    expect(slowest.calls).toEqual([['trace', 'run.jsonl', undefined, { slowest: 5 }]])
    const measured = await flow('run', 'a.yaml', '--metrics', 'prometheus://[::1]:9464', '--stall-after', '2m')
    expect(measured.calls).toEqual([
      ['run', 'a.yaml', { metrics: 'prometheus://[::1]:9464', stallAfter: 120_000, view: 'auto' }],
    ])
  })

  it('checks a document, and ends as the check does', async () => {
    expect(await flow('check', 'a.yaml', '--json')).toMatchObject({
      exitCode: 2,
      calls: [['check', 'a.yaml', { json: true }]],
    })
  })

  it('draws a document, and ends as the drawing does', async () => {
    expect(await flow('graph', 'a.yaml')).toMatchObject({
      exitCode: 1,
      calls: [['graph', 'a.yaml', { format: 'text' }]],
    })
    expect(await flow('graph', 'a.yaml', '--format', 'svg', '--live')).toMatchObject({
      calls: [['graph', 'a.yaml', { format: 'svg', live: true }]],
    })
  })

  it('watches running pipelines, or one of them', async () => {
    expect(await flow('top')).toMatchObject({ exitCode: 1, calls: [['top', undefined, {}]] })
    const { calls } = await flow(
      'top',
      'count',
      '--run',
      '47',
      '--once',
      '--registry',
      'unix:/a',
      '--stall-after',
      '5s',
    )
    expect(calls).toEqual([['top', 'count', { run: '47', once: true, registry: 'unix:/a', stallAfter: 5_000 }]])
  })

  it('dumps all programs or one of them, and ends as the dump does', async () => {
    expect(await flow('dump')).toMatchObject({ exitCode: 1, calls: [['dump', undefined, {}]] })
    expect(await flow('dump', '4711', '--json')).toMatchObject({ calls: [['dump', '4711', { json: true }]] })
  })

  it.for([
    [
      'actor ./film.ts#x --name frank --listen tcp://[::1]:0 --listen unix:/a --advertise tcp://a:0 --unique --capability gpu=true --capability zone=eu',
      [
        'actor',
        './film.ts#x',
        {
          name: 'frank',
          listen: ['tcp://[::1]:0', 'unix:/a'],
          advertise: ['tcp://a:0'],
          unique: true,
          capability: { gpu: true, zone: 'eu' },
        },
      ],
    ],
    ['ps --watch --json --registry unix:/a', ['ps', { watch: true, json: true, registry: 'unix:/a' }]],
    [
      'call frank add 1 -2 --timeout 1.5s --select nearest',
      ['call', { who: 'frank', functionName: 'add', args: ['1', '-2'] }, { timeout: 1500, select: 'nearest' }],
    ],
    [
      'stream --capability gpu=true frank count --tls-cert c --tls-key k --tls-ca a',
      [
        'stream',
        { who: 'frank', functionName: 'count', args: [] },
        { capability: { gpu: true }, tlsCert: 'c', tlsKey: 'k', tlsCa: 'a' },
      ],
    ],
    ['stop frank --all --drain --reason bye', ['stop', 'frank', { all: true, drain: true, reason: 'bye' }]],
    ['log --follow --since 10m --actor f* --json', ['log', { follow: true, since: 600_000, actor: 'f*', json: true }]],
    ['log --since 2026-01-31T12:00Z', ['log', { since: new Date(Date.UTC(2026, 0, 31, 12)) }]],
  ] as const)('reads the commands for standing actors: %s', async ([line, call]) => {
    expect(await flow(...line.split(' '))).toMatchObject({ stdout: '', stderr: '', calls: [call] })
  })

  it('prints help with examples, and the version', async () => {
    const help = await flow('--help')
    expect(help).toMatchObject({ exitCode: 0, stderr: '' })
    expect(help.stdout).toMatch(/Examples:\n {2}flow run pipeline\.yaml/)
    expect((await flow('run', '--help')).stdout).toContain('--view plain 2> run.log')
    expect((await flow('check', '--help')).stdout).toContain('flow check pipeline.yaml --json')
    expect((await flow('graph', '--help')).stdout).toContain('dot -Tpng')
    expect((await flow('top', '--help')).stdout).toContain('flow top --once')
    expect((await flow('dump', '--help')).stdout).toContain('flow dump 4711')
    expect((await flow('trace', '--help')).stdout).toContain('flow trace run.jsonl --slowest 5')
    expect((await flow('actor', '--help')).stdout).toContain('flow actor ./film.ts#extras')
    expect((await flow('ps', '--help')).stdout).toContain('flow ps --watch')
    expect((await flow('call', '--help')).stdout).toContain('a bigint, NaN and Infinity are text')
    expect((await flow('stream', '--help')).stdout).toContain('| head')
    expect((await flow('stop', '--help')).stdout).toContain('flow stop frank --all')
    expect((await flow('log', '--help')).stdout).toContain("--actor 'frank*'")
    expect(await flow('--version')).toMatchObject({ exitCode: 0, stdout: '1.2.3\n' })
  })

  it.for([
    [['rn', 'a.yaml'], "unknown command 'rn' (Did you mean run?)"],
    [['a.yaml'], "unknown command 'a.yaml' (Did you mean flow run a.yaml?)"],
    [['run', 'a.yaml', '--veiw', 'x'], "unknown option '--veiw' (Did you mean --view?)"],
    [['check', 'a.yaml', '--jsn'], "unknown option '--jsn' (Did you mean --json?)"],
    [['run'], "missing required argument 'file'"],
    [['run', 'a', 'b'], "too many arguments for 'run'. Expected 1 argument but got 2"],
    [['run', 'a', '--trace'], "option '--trace <exporter>' argument missing"],
    [
      ['run', 'a', '--trace', 'x'],
      "option '--trace <exporter>' argument 'x' is invalid. Allowed choices are console, otlp",
    ],
    [
      ['run', 'a', '--trace', 'otlp', '--trace-ratio', '2'],
      "option '--trace-ratio <ratio>' argument '2' is invalid. It is a number from 0 to 1",
    ],
    [
      ['run', 'a', '--metrics', 'jaeger'],
      "is 'otlp', 'none', or an address as prometheus://127.0.0.1:9464, not 'jaeger'",
    ],
    [['run', 'a', '--metrics', 'prometheus://a'], "metrics cannot be served at 'prometheus://a': it has no port"],
    [['run', 'a', '--metrics', 'prometheus://a:1', '--stall-after', '5'], 'It is a duration, as 30s or 2m'],
    [['graph', 'a', '--format', 'png'], 'Allowed choices are text, mermaid, dot, svg'],
    [['graph', 'a', '--registry', 'unix:/a'], "option '--registry' needs '--live'"],
    [['top', '--stall-after', '5'], 'It is a duration, as 30s or 2m'],
    [['call', 'frank'], "missing required argument 'function'"],
    [['call', 'frank', 'f', '--timeout', '5'], 'It is a duration, as 500ms, 5s or 2m'],
    [['stream', 'frank', 'f', '--select', 'all'], 'Allowed choices are newest, any, nearest'],
    [['actor', 'film.ts', '--capability', 'gpu'], 'It is key=value'],
    [['log', '--since', '10'], 'It is a duration, as 30s, 10m or 2h, or a date'],
    [
      ['run', 'a', '--trace-errors'],
      "option '--trace-errors' needs '--trace console', '--trace otlp' or '--record-traces'",
    ],
    [
      ['run', 'a', '--trace-ratio', '1'],
      "option '--trace-ratio' needs '--trace console', '--trace otlp' or '--record-traces'",
    ],
    [['run', 'a', '--trace', 'otlp', '--trace-ui', 'localhost:16686'], 'It is a URL: http://localhost:16686'],
    [['trace'], "missing required argument 'file'"],
    [['trace', 'a', '--slowest', '0'], 'It is a whole number from 1'],
    [['trace', 'a', '7', '--slowest', '1'], "option '--slowest' is instead of an item"],
  ] as const)('says in one line what is wrong with %j', async ([args, complaint]) => {
    const { exitCode, stdout, stderr, calls } = await flow(...args)
    expect(stderr).toMatch(/^flow: [^\n]*[^.\n]; see flow --help\n$/)
    expect(stderr).toContain(complaint)
    expect({ exitCode, stdout, calls }).toEqual({ exitCode: 2, stdout: '', calls: [] })
  })

  it('prints help on stderr when it is told nothing', async () => {
    const { exitCode, stdout, stderr } = await flow()
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(/^Usage: flow/)
  })
})
