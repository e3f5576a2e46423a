import { describe, expect, it } from 'vitest'
import { ChannelBrokenError, RegistryUnavailableError, withSignal } from '../../../engine/index.ts'
import type { FoundPipeline } from '../../../pipelines/cli/find-pipelines.ts'
import { type FollowedPipeline, followPipelines } from '../../../pipelines/cli/followed-pipelines.ts'
import { planObject } from '../../../pipelines/index.ts'
import type { PipelineReport } from '../../../pipelines/pipeline-control.ts'
import { statisticsOf } from './statistics-of.ts'

const plan = planObject({ pipeline: 'count', stages: { lines: { source: 'generate', sink: 'drop' } } })

function pipelineThat(watch: () => AsyncIterable<PipelineReport>): FoundPipeline {
  return { name: 'count', id: 'count-id', place: { host: 'here', pid: 100 }, plan: async () => plan, watch }
}

const finderOf = (found: FoundPipeline) => ({ find: async () => [found] })

describe('Following pipelines', () => {
  it('fails of what goes wrong with news, and does not ask for the same again', async () => {
    let askedCount = 0
    const strange = pipelineThat(async function* () {
      askedCount += 1
      yield { pipeline: 'count' } as PipelineReport
    })
    await expect(followPipelines(finderOf(strange), () => undefined)).rejects.toBeInstanceOf(TypeError)
    expect(askedCount).toBe(1)
  })

  it('keeps what a pipeline said last when that is out of reach', async () => {
    const left = new AbortController()
    const broken = pipelineThat(async function* () {
      yield statisticsOf(1_000, { itemsIn: 100 })
      setImmediate(() => left.abort(new Error('seen enough')))
      throw new ChannelBrokenError({ name: 'count', id: 'count-id' }, 'it has gone')
    })
    let latest: readonly FollowedPipeline[] = []
    const following = withSignal(left.signal, () => followPipelines(finderOf(broken), (all) => void (latest = all)))
    await expect(following).rejects.toThrow('seen enough')
    expect(latest).toMatchObject([{ statistics: { elapsedMs: 1_000 } }])
  })

  it.for([
    ['Redis', new RegistryUnavailableError('redis://here', 'it is down')],
    ['program', new ChannelBrokenError({ name: 'root', id: 'root-id' }, 'it was killed')],
  ] as const)('keeps those that it follows while the %s with the registry is away', async ([, outage]) => {
    const found = pipelineThat(async function* () {
      yield statisticsOf(1_000, { itemsIn: 100 })
      throw new ChannelBrokenError({ name: 'count', id: 'count-id' }, 'it has gone')
    })
    const left = new AbortController()
    let looks = 0
    const find = async () => {
      looks += 1
      if (looks > 1) throw outage
      return [found]
    }
    let latest: readonly FollowedPipeline[] = []
    const changed = (all: readonly FollowedPipeline[]) => {
      latest = all
      if (looks === 3) left.abort(new Error('seen enough'))
    }
    await expect(withSignal(left.signal, () => followPipelines({ find }, changed))).rejects.toThrow('seen enough')
    expect(latest).toMatchObject([{ found, statistics: { elapsedMs: 1_000 } }])
    expect(latest[0]?.isGone).toBeUndefined()
  })

  it('says what is wrong with the registry where it follows nobody yet', async () => {
    const outage = new ChannelBrokenError({ name: 'root', id: 'root-id' }, 'it was killed')
    const following = followPipelines({ find: () => Promise.reject(outage) }, () => undefined)
    await expect(following).rejects.toBe(outage)
  })
})
