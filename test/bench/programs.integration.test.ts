import { describe, expect, it } from 'vitest'
import { playRounds } from '../../bench/harness/rounds.ts'
import { runContender, startContender } from '../../bench/harness/run-contender.ts'
import type { Contender } from '../../bench/harness/workload.ts'
import { workloads } from '../../bench/workloads/all.ts'
import { errorOf } from '../support/thrown.ts'

const little = (program: string, ...args: string[]): Contender => ({ name: program, program, args })
const counted = ['--count', '2000']

describe('A program of the bench', () => {
  it.each([
    ['raw/stream.ts', ...counted],
    ['raw/stream.ts', ...counted, '--hops', '2', '--source', 'generator'],
    ['raw/unary.ts', ...counted],
    ['actorflow/stream.ts', ...counted, '--source', 'send'],
    ['actorflow/stream.ts', ...counted, '--map', 'mapBatches', '--by', 'batches'],
    ['actorflow/stream.ts', '--count', '100', '--size', '65536', '--spawn', 'thread', '--source', 'given'],
    ['actorflow/unary.ts', ...counted, '--in-flight', '10'],
    ['rivals/message-port.ts', ...counted],
    ['rivals/ndjson.ts', ...counted],
    ['rivals/ws.ts', ...counted],
    ['rivals/rsocket.ts', ...counted],
    ['rivals/grpc.ts', ...counted],
  ])('%s checks what arrived and says its figures: %s %s %s %s', async (program, ...args) => {
    const figures = await runContender(little(program, ...args))
    expect(Math.min(...Object.values(figures))).toBeGreaterThan(0)
  })

  it('that fails says why', async () => {
    const error = await errorOf(runContender(little('rivals/ndjson.ts', '--count', '10', '--size', '65536')))
    expect((error as Error).message).toMatch(/^rivals\/ndjson\.ts .*: it ended with 1\n[^]*Error/)
  })

  it('takes turns with another one, of which the first do not count', async () => {
    const seen: string[] = []
    const contenders = ['off', '1'].map((share) => {
      return { ...little('actorflow/stream.ts', ...counted, '--trace', share, '--turns'), name: share }
    })
    const rounds = await playRounds(
      {
        name: 'w',
        title: 'a workload',
        figures: { itemsPerSecond: 'items/s' },
        baseline: 'off',
        contenders,
        inTurns: { starts: 1, warmUps: 1, count: 3, pauseMs: 0 },
      },
      { rounds: 2, onRun: (name, round) => seen.push(`${name} in ${round}`) },
    )
    for (const name of ['off', '1']) expect(rounds.get(name)).toHaveLength(2)
    // By turns: each three turns in each round, and nobody twice before the other.
    const pairs = Array.from({ length: 6 }, (_, pair) => seen.slice(2 * pair, 2 * pair + 2).toSorted())
    expect(pairs).toEqual([1, 1, 1, 2, 2, 2].map((round) => [`1 in ${round}`, `off in ${round}`]))
  })

  it('that is to stop in its turn, or between two, is heard of no more', async () => {
    const stopping = new AbortController()
    const contender = { ...little('actorflow/stream.ts', ...counted, '--turns'), name: 'ours' }
    const workload = {
      name: 'w',
      title: 'a workload',
      figures: {},
      baseline: 'ours',
      contenders: [contender],
      inTurns: { starts: 1, warmUps: 0, count: 2, pauseMs: 0 },
    }
    const seen: number[] = []
    const onRun = (_: string, round: number) => {
      seen.push(round)
      if (seen.length === 3) stopping.abort(new Error('stopped'))
    }
    const error = await errorOf(playRounds(workload, { rounds: 3, signal: stopping.signal, onRun }))
    expect(error.message).toContain('stopped')
    expect(seen).toEqual([1, 1, 2])
  })

  it('that does not wait for its turn says so', async () => {
    await using running = startContender(little('raw/unary.ts', ...counted))
    await running.turn()
    expect((await errorOf(running.turn())).message).toContain('it ended before its turn')
  })

  it.each(workloads)('of the workload $name has a name of its own, and each bar is about some of them', (workload) => {
    const { contenders, baseline, bars = [], figures } = workload
    const names = contenders.map((contender) => contender.name)
    expect(new Set(names).size).toBe(names.length)
    const named = [baseline, ...bars.flatMap(({ of, to }) => (to === undefined ? [of] : [of, to]))]
    expect(names).toEqual(expect.arrayContaining(named))
    const asked = bars.flatMap(({ figure }) => figure ?? [])
    expect(Object.keys(figures)).toEqual(expect.arrayContaining(asked))
  })
})
