import { describe, expect, it } from 'vitest'
import { ChannelBrokenError, withSignal } from '../../../engine/index.ts'
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
})
