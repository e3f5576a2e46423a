import { beforeAll, describe, expect, it } from 'vitest'
import { type ProgramEnding, runProgram } from '../support/run-program.ts'

interface Line {
  readonly service: string
  readonly name: string
  readonly kind: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly error?: string
}

type Tree = [what: string, ...children: Tree[]]

interface Run {
  readonly spans: readonly Line[]
  readonly given: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly ending: ProgramEnding
}

async function runTraced(ratio: number): Promise<Run> {
  const ending = await runProgram(process.execPath, ['test/fixtures/programs/traced.ts', String(ratio)])
  const lines = ending.stderr.split('\n').filter((line) => line.startsWith('{'))
  return { spans: lines.map((line) => JSON.parse(line) as Line), given: JSON.parse(ending.stdout), ending }
}

function treeOf(span: Line, spans: readonly Line[]): Tree {
  const children = spans.filter((each) => each.parentSpanId === span.spanId)
  return [`${span.service}: ${span.kind} ${span.name}`, ...children.map((each) => treeOf(each, spans))]
}

const traceIdOf = (headers: Readonly<Record<string, string>> | undefined) => headers?.['traceparent']?.split('-')[1]

describe('The spans of calls, over processes', () => {
  let run: Run

  beforeAll(async () => {
    run = await runTraced(1)
  })

  /** The trees of a trace: each of a span whose parent was not recorded. */
  function treesOf(traceId: string | undefined): Tree[] {
    const spans = run.spans.filter((span) => span.traceId === traceId)
    const isRoot = (span: Line) => !spans.some((other) => other.spanId === span.parentSpanId)
    return spans.filter(isRoot).map((span) => treeOf(span, spans))
  }

  const ofAnswer: Tree[] = [['worker: internal at once'], ['worker: internal after a while']]

  it('continue the span of the user whose code calls, through streams, items and contexts', () => {
    expect(run.ending).toMatchObject({ exitCode: 0, leftBehind: [] })
    const item = (consumed: number): Tree => [
      'source: producer send worker',
      [
        'worker: consumer process worker',
        ['worker: internal double'],
        ['worker: producer send main', ['main: consumer process main', [`main: internal consume ${consumed}`]]],
      ],
    ]
    const [tree, ...others] = treesOf(traceIdOf(run.given['inRequest']))
    expect(others).toEqual([])
    expect(tree?.[0]).toBe('main: internal request')
    const children = Object.fromEntries(tree?.slice(1).map((child) => [child[0], child]) ?? [])
    expect(Object.keys(children).sort()).toEqual([
      'main: client worker/answer',
      'main: client worker/doubled',
      'main: client worker/echo',
      'main: client worker/fails',
      'main: producer send worker',
    ])
    expect(children['main: client worker/answer']).toEqual([
      'main: client worker/answer',
      ['worker: server worker/answer', ...ofAnswer],
    ])
    const [, server] = children['main: client worker/doubled'] ?? []
    const [, client] = server?.slice(0, 2) ?? []
    expect(client).toEqual([
      'worker: client source/numbers',
      ['source: server source/numbers', ['source: internal yield'], item(0), ['source: internal yield'], item(2)],
    ])
    expect(children['main: producer send worker']).toEqual([
      'main: producer send worker',
      [
        'worker: consumer process worker',
        ['worker: internal echo'],
        ['worker: producer send main', ['main: consumer process main', ['main: internal consume hello']]],
      ],
    ])
  })

  it('describe calls as conventions for RPC want it, and tell how they ended', () => {
    const [client, server] = ['client', 'server'].map((kind) =>
      run.spans.find((span) => span.kind === kind && span.name === 'worker/fails'),
    )
    const shared = {
      'rpc.system.name': 'actorflow',
      'rpc.method': 'worker/fails',
      'actorflow.call.kind': 'run',
    }
    expect(server).toMatchObject({ error: 'out of range', attributes: { ...shared, 'error.type': 'RangeError' } })
    expect(client).toMatchObject({ error: 'out of range', attributes: { ...shared, 'error.type': 'FLOW_REMOTE' } })
    const streams = run.spans.filter((span) => span.name === 'source/numbers')
    expect(
      streams.map(({ kind, attributes }) => [
        kind,
        attributes['actorflow.items.in'],
        attributes['actorflow.items.out'],
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['client', 2, undefined],
        ['server', undefined, 2],
      ]),
    )
  })

  it('begin a trace where there is none, of which the items of a stream are no part', () => {
    expect(treesOf(traceIdOf(run.given['alone']))).toEqual([
      ['main: client worker/answer', ['worker: server worker/answer', ...ofAnswer]],
    ])
    const stream = run.spans.find((span) => span.name === 'worker/numbers')
    expect(treesOf(stream?.traceId)).toEqual([
      [
        'main: client worker/numbers',
        ['worker: server worker/numbers', ['worker: internal yield'], ['worker: internal yield']],
      ],
    ])
    const items = run.spans.filter((span) => span.name === 'send main' && span.parentSpanId === undefined)
    const tree = ['worker: producer send main', ['main: consumer process main', ['main: internal consume alone']]]
    expect(items.map((span) => treeOf(span, run.spans))).toEqual([tree, tree])
  })

  it('continue a traceparent that is given with a call', () => {
    expect(traceIdOf(run.given['continued'])).toBe('4bf92f3577b34da6a3ce929d0e0e4736')
    const client = run.spans.find((span) => span.parentSpanId === '00f067aa0ba902b7')
    expect(client && treeOf(client, run.spans)).toEqual([
      'main: client worker/answer',
      ['worker: server worker/answer', ...ofAnswer],
    ])
  })

  it('carry the baggage of whoever began the trace, and make no span of a call that is not to be traced', () => {
    expect(run.given['inRequest']?.['baggage']).toBe('tenant=acme')
    expect(run.given['continued']?.['baggage']).toBe('tenant=theirs')
    expect(run.given['alone']).not.toHaveProperty('baggage')
    expect(run.given['quiet']).toEqual({})
  })

  it('are beside those of the actors that are started, and started again', () => {
    const started = run.spans.filter((span) => /^(spawn|restart) /.test(span.name))
    expect(started.map(({ service, kind, name }) => `${service}: ${kind} ${name}`).sort()).toEqual([
      'main: internal restart phoenix',
      'main: internal spawn phoenix',
      'main: internal spawn source',
      'main: internal spawn worker',
    ])
    const attributes = Object.fromEntries(started.map((span) => [span.name, span.attributes]))
    expect(attributes['spawn worker']).toMatchObject({
      'actorflow.actor.name': 'worker',
      'actorflow.spawn.method': 'process',
    })
    expect(attributes['spawn phoenix']).toMatchObject({ 'actorflow.spawn.method': 'inline' })
    expect(attributes['restart phoenix']).toMatchObject({ 'actorflow.restart.count': 1 })
  })

  it('are none at a ratio of 0, but for a trace that somebody else follows', async () => {
    const { given, spans } = await runTraced(0)
    expect(given['inRequest']).toEqual({})
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set(['4bf92f3577b34da6a3ce929d0e0e4736']))
    expect(spans.map((span) => `${span.kind} ${span.name}`).sort()).toEqual([
      'client worker/answer',
      'internal after a while',
      'internal at once',
      'server worker/answer',
    ])
  })
})
