import { describe, expectTypeOf, it } from 'vitest'
import {
  type BatchedInput,
  inputBatches,
  openPipeline,
  type Pipeline,
  PipelineSpecError,
  type PipelineStatistics,
  type Plan,
  type Problem,
  planFile,
  planObject,
  planText,
  type SinkDefinition,
  type SourceDefinition,
  type StageContext,
} from '../../pipelines/index.ts'

interface Row {
  readonly id: number
}
declare const pipeline: Pipeline
declare const plan: Plan

describe('openPipeline', () => {
  it('takes a path, a document or a plan', () => {
    expectTypeOf(openPipeline('words.yaml')).toEqualTypeOf<Promise<Pipeline>>()
    expectTypeOf(openPipeline({ pipeline: 'words', stages: {} })).toEqualTypeOf<Promise<Pipeline>>()
    expectTypeOf(openPipeline(plan, { environment: { BOOK: 'a.txt' } })).toEqualTypeOf<Promise<Pipeline>>()
    // @ts-expect-error -- nothing to open
    void openPipeline()
    // @ts-expect-error -- no such option
    void openPipeline('words.yaml', { env: {} })
  })

  it('gives what is disposed and has a result', async () => {
    await using running = await openPipeline('words.yaml')
    expectTypeOf(running.result).toEqualTypeOf<Promise<PipelineStatistics>>()
    expectTypeOf(running.statistics()).toEqualTypeOf<PipelineStatistics>()
    expectTypeOf(running.cancel).parameters.toEqualTypeOf<[reason?: string | undefined]>()
  })
})

describe('pipeline.stream', () => {
  it('has items that are unknown until one says what they are', async () => {
    for await (const item of pipeline.stream('words')) expectTypeOf(item).toEqualTypeOf<unknown>()
    for await (const row of pipeline.stream<Row>('words')) expectTypeOf(row).toEqualTypeOf<Row>()
    // @ts-expect-error -- a stage has a name
    pipeline.stream()
  })
})

describe('A plan', () => {
  it('comes from a file, a text or an object', () => {
    expectTypeOf(planFile).returns.resolves.toEqualTypeOf<Plan>()
    expectTypeOf(planText).returns.toEqualTypeOf<Plan>()
    expectTypeOf(planObject).returns.toEqualTypeOf<Plan>()
  })

  it('is refused with problems', () => {
    expectTypeOf<PipelineSpecError['problems']>().toEqualTypeOf<readonly Problem[]>()
  })
})

describe('A source and a sink', () => {
  it('get the options they declare', () => {
    const source = {
      summary: 'Rows.',
      example: 'rows: { count: 5 }',
      options: ({ z }) => z.strictObject({ count: z.number() }),
      async *open(options, stage) {
        expectTypeOf(options).toEqualTypeOf<{ count: number }>()
        expectTypeOf(stage).toEqualTypeOf<StageContext>()
        yield options.count
      },
    } satisfies SourceDefinition<{ count: number }>
    expectTypeOf(source.open).toBeFunction()

    const sink = {
      summary: 'Nowhere.',
      example: 'nowhere: {}',
      options: ({ z }) => z.strictObject({}),
      // @ts-expect-error -- a sink resolves when all is written
      open: async (_input: AsyncIterable<unknown>) => 5,
    } satisfies SinkDefinition<object>
    expectTypeOf(sink.open).toBeFunction()
  })

  it('can take many items at once', async () => {
    const signal = AbortSignal.timeout(5)
    for await (const rows of inputBatches({} as AsyncIterable<Row>, signal)) {
      expectTypeOf(rows).toEqualTypeOf<readonly Row[]>()
    }
    for await (const rows of inputBatches({} as BatchedInput<Row>, signal)) {
      expectTypeOf(rows).toEqualTypeOf<readonly Row[]>()
    }
  })
})
