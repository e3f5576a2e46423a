import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { attributeNames } from '../../observability/attributes.ts'
import { runProgram } from '../support/run-program.ts'
import { freePort } from '../support/scrape.ts'
import { startTraceReceiver } from '../support/trace-receiver.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()
const labels = { pipeline: attributeNames.pipeline, stage: attributeNames.stage }

writeFileSync(
  join(folder, 'steps.ts'),
  `import { currentActor } from '${import.meta.resolve('../../index.ts')}'

export async function* tell(input: AsyncIterable<number>) {
  currentActor().log.info('begins')
  yield* input
}
`,
)
// Two pipelines whose stages have the same names, as one program has them or each on its own; then the metrics.
writeFileSync(
  join(folder, 'program.ts'),
  `import { run } from '${import.meta.resolve('../../index.ts')}'
import { metrics, tracing } from '${import.meta.resolve('../../observability/index.ts')}'
import { openPipeline } from '${import.meta.resolve('../../pipelines/index.ts')}'

const [port, place] = process.argv.slice(2)
const stages = {
  numbers: { source: { generate: { count: 20_000 } } },
  told: { from: 'numbers', steps: [{ use: '${join(folder, 'steps.ts')}#tell' }] },
}
const options = {
  attach: [metrics({ exporter: \`prometheus://127.0.0.1:\${port}\` }), tracing({ exporter: 'otlp', ratio: 0.01 })],
  log: { level: 'info', format: 'json' },
}
async function main(options) {
  await using one = await openPipeline({ pipeline: 'one', stages }, options)
  await using two = await openPipeline({ pipeline: 'two', stages })
  const streams = [one.stream('told'), two.stream('told')]
  for (const stream of streams) await stream.next()
  console.log(await (await fetch(\`http://127.0.0.1:\${port}/metrics\`, { headers: { connection: 'close' } })).text())
  // The first may be what the program is an actor of: it has to be there as long as the second.
  for (const stream of streams.reverse()) await Array.fromAsync(stream)
}
await (place === 'inside' ? run(() => main({}), { ...options, name: 'program' }) : main(options))
`,
)

const stagesOfBoth = ['one.numbers', 'one.told', 'two.numbers', 'two.told']

describe('Pipelines of one program', () => {
  it.each([
    ['a program that says what is attached', 'inside', ['program', 'one', 'two']],
    ['a pipeline that does, as there is no program around it', 'alone', ['one', 'two']],
  ])('are told apart, in %s', { timeout: 60_000 }, async (_, place, roots) => {
    await using collector = await startTraceReceiver()
    const { stdout, stderr, exitCode } = await runProgram(
      process.execPath,
      [join(folder, 'program.ts'), String(await freePort()), place],
      { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } },
    )
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })

    const metricLines = stdout.split('\n').filter((line) => line.startsWith('process_memory_usage_bytes{'))
    const measured = metricLines.map((line) => {
      const [pipeline, stage] = [labels.pipeline, labels.stage].map(
        (name) => new RegExp(`${name.replaceAll('.', '_')}="([^"]*)"`).exec(line)?.[1],
      )
      return pipeline === undefined || pipeline === stage ? stage : `${pipeline}.${stage}`
    })
    expect(new Set(measured)).toEqual(new Set([...stagesOfBoth, ...roots]))

    const ofItems = collector.spans.filter(({ name }) => name === 'send told' || name === 'process told')
    expect(new Set(ofItems.map(({ service }) => service))).toEqual(new Set(stagesOfBoth))
    for (const { service, attributes } of ofItems) {
      expect(service).toBe(`${String(attributes[labels.pipeline])}.${String(attributes[labels.stage])}`)
    }

    const said = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(
      said
        .filter(({ msg }) => msg === 'begins')
        .map(({ actor, pipeline }) => `${String(pipeline)} ${String(actor)}`)
        .sort(),
    ).toEqual(['one told#1', 'two told#1'])
  })
})
