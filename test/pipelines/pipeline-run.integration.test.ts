import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ContextCancelledError, currentActor } from '../../engine/index.ts'
import { StageError } from '../../pipelines/index.ts'
import { PipelineControl } from '../../pipelines/pipeline-control.ts'
import { PipelineRun } from '../../pipelines/pipeline-run.ts'
import { planObject } from '../../pipelines/plan-document.ts'
import { run } from '../../registry/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()

/** The run of a pipeline of one stage, whose root cannot be taken down. */
function runUnder(source: object | string): PipelineRun {
  return new PipelineRun(planObject({ stages: { all: { source, sink: 'drop' } } }), {
    control: new PipelineControl(),
    cancelledBy: (reason) => new ContextCancelledError(currentActor(), reason),
    close: () => Promise.reject(new Error('the directory is in use')),
  })
}

describe('A run whose root cannot be taken down', () => {
  it('says all the same why it did not come up', async () => {
    const module = join(folder, 'throws.ts')
    writeFileSync(module, "throw new RangeError('not today')")
    await run(async () => {
      const { ready, result } = runUnder({ use: `${module}#numbers` })
      const failure: unknown = await ready.catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(StageError)
      expect((failure as StageError).message).toContain('not today')
      await expect(result).rejects.toBe(failure)
    })
  })

  it('fails of that alone when the pipeline itself is done', async () => {
    await run(async () => {
      const { ready, result } = runUnder({ generate: { count: 1 } })
      await ready
      await expect(result).rejects.toThrow('the directory is in use')
    })
  })
})
