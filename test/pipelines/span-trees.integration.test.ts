import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type ReceivedSpan, spanTrees } from '../support/span-tree.ts'
import { startTraceReceiver } from '../support/trace-receiver.ts'
import { startFlow } from './cli/flow-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()

writeFileSync(
  join(folder, 'shapes.yaml'),
  `pipeline: shapes
stages:
  numbers: { source: { generate: { count: 6 } } }
  # Broadcast: two stages read the numbers, and one drops half of them.
  odd: { from: numbers, steps: [{ filter: n => n % 2 === 1 }, { map: n => n * 10 }] }
  audit: { from: numbers, sink: drop }
  # One to many, in three actors.
  pairs: { from: odd, actors: 3, steps: [{ flatMap: 'n => [n, n + 1]' }] }
  # Many to one; and the same with one of them as parent.
  total: { from: pairs, steps: [sum] }
  largest: { from: pairs, steps: [{ reduce: { fn: '(max, n) => Math.max(max, n)', initial: 0 } }], trace: { correlate: parent } }
  # Lists of two, from items of two sources. The numbers wait while others come.
  letters: { source: { generate: { count: 4 } } }
  slow: { from: [letters, total], steps: [{ use: ./slow.ts#slow }] }
  lists: { from: slow, steps: [{ batch: 5 }] }
  report: { from: [lists, largest], sink: stdout }
`,
)
writeFileSync(
  join(folder, 'slow.ts'),
  `import { setTimeout as sleep } from 'node:timers/promises'
export async function* slow(input: AsyncIterable<number>) {
  for await (const n of input) {
    await sleep(5)
    yield n
    await sleep(5)
    yield n
  }
}
`,
)
writeFileSync(
  join(folder, 'failing.yaml'),
  `pipeline: failing
stages:
  numbers: { source: { generate: { count: 6 } } }
  doubled: { from: numbers, steps: [{ map: n => n * 2 }] }
  checked: { from: doubled, steps: [{ use: ./checked.ts#checked }] }
  report: { from: checked, sink: stdout }
`,
)
writeFileSync(
  join(folder, 'checked.ts'),
  `export async function* checked(input: AsyncIterable<number>) {
  for await (const n of input) {
    if (n === 6) throw new RangeError('six is too many')
    yield n
  }
}
`,
)

writeFileSync(
  join(folder, 'sinks.yaml'),
  `pipeline: sinks
stages:
  numbers: { source: { generate: { count: 3 } } }
  shown: { from: numbers, sink: stdout }
  kept: { from: numbers, sink: drop }
`,
)
writeFileSync(
  join(folder, 'gathering.yaml'),
  `pipeline: gathering
stages:
  numbers: { source: { generate: { count: 100 } } }
  means: { from: numbers, steps: [{ use: ./means.ts#meansOfTen }], trace: { correlate: link } }
  total: { from: numbers, steps: [sum] }
  report: { from: [means, total], sink: stdout }
`,
)
writeFileSync(
  join(folder, 'means.ts'),
  `export async function* meansOfTen(input: AsyncIterable<number>) {
  let [sum, count] = [0, 0]
  for await (const n of input) {
    sum += n
    if (++count % 10 > 0) continue
    yield sum / 10
    sum = 0
  }
}
`,
)

async function spansOf(file: string, exitCode: number): Promise<readonly ReceivedSpan[]> {
  await using receiver = await startTraceReceiver()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }
  await using run = startFlow(['run', file, '--trace', 'otlp'], folder, env)
  const ending = await run.ended()
  expect(ending).toMatchObject({ exitCode })
  return receiver.spans.filter(isHop)
}

/** The spans of items, whatever else there is. */
function isHop(span: ReceivedSpan): boolean {
  return span.attributes['messaging.system'] === 'actorflow'
}

/** So many of the same. */
function times(count: number, tree: string): string[] {
  return Array<string>(count).fill(tree)
}

/** Text without the indentation of where it is written. */
function tree(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const indent = Math.min(...lines.map((line) => line.search(/\S/)))
  return lines.map((line) => line.slice(indent).trimEnd()).join('\n')
}

describe('The traces of a pipeline', () => {
  let spans: readonly ReceivedSpan[]

  beforeAll(async () => {
    spans = await spansOf('shapes.yaml', 0)
  }, 60_000)

  const treesFrom = (first: string): string[] => spanTrees(spans).filter((each) => each.startsWith(first))
  const named = (name: string): ReceivedSpan[] => spans.filter((span) => span.name === name)

  it('are one for an item that is broadcast, mapped, and made into several by one of three actors', () => {
    const passed = (largest: string) => `
      shapes.numbers: create numbers
        shapes.numbers: send audit
          shapes.audit: process audit
        shapes.numbers: send odd
          shapes.odd: process odd
            shapes.odd: send pairs
              shapes.pairs: process pairs
                shapes.pairs: send largest
                  shapes.largest: process largest
                shapes.pairs: send largest
                  shapes.largest: process largest${largest}
                shapes.pairs: send total
                  shapes.total: process total
                shapes.pairs: send total
                  shapes.total: process total`
    // What is made of all items is, by the document, a child of one of them.
    const report = `
                    shapes.largest: send report [made of 6 x shapes.largest: process largest]
                      shapes.report: process report`
    const dropped = `
      shapes.numbers: create numbers
        shapes.numbers: send audit
          shapes.audit: process audit
        shapes.numbers: send odd
          shapes.odd: process odd [dropped]`
    expect(treesFrom('shapes.numbers')).toEqual(
      [tree(passed(report)), ...times(2, tree(passed(''))), ...times(3, tree(dropped))].sort(),
    )
  })

  it('begin anew, with links, for what was made of all items', () => {
    const total = `
      shapes.total: send slow [made of 6 x shapes.total: process total]
        shapes.slow: process slow
          shapes.slow: send lists
            shapes.lists: process lists
          shapes.slow: send lists
            shapes.lists: process lists`
    expect(treesFrom('shapes.total')).toEqual([tree(total)])
  })

  it('keep the items of merged stages apart, in a step that waits while others come', () => {
    const letter = `
      shapes.letters: send slow
        shapes.slow: process slow
          shapes.slow: send lists
            shapes.lists: process lists
          shapes.slow: send lists
            shapes.lists: process lists`
    expect(treesFrom('shapes.letters')).toEqual(times(4, tree(letter)))
  })

  it('have links from each list to the items in it', () => {
    const list = `
      shapes.lists: send report [made of 5 x shapes.lists: process lists]
        shapes.report: process report`
    expect(treesFrom('shapes.lists')).toEqual(times(2, tree(list)))
    const linked = named('send report').flatMap((span) => span.links.map((link) => link.spanId))
    expect(new Set(linked).size).toBe(10 + 6)
  })

  it('number the items of each stream, and name the actors that they come to', () => {
    const numbersOf = (name: string) => named(name).map((span) => Number(span.attributes['actorflow.item.number']))
    for (const name of ['send odd', 'process odd', 'send audit'])
      expect(new Set(numbersOf(name))).toEqual(new Set([0, 1, 2, 3, 4, 5]))
    const partitions = named('process pairs').map((span) =>
      Number(span.attributes['messaging.destination.partition.id']),
    )
    expect(partitions.every((partition) => [1, 2, 3].includes(partition))).toBe(true)
    const instances = new Set(named('process pairs').map((span) => span.instance))
    expect(new Set(partitions).size).toBe(instances.size)
    // An instance of a service is an actor, by its id.
    expect(spans.filter((span) => span.instance !== span.attributes['messaging.client.id'])).toEqual([])
  })

  it('tell the waits of each item', () => {
    const waitsOf = ({ attributes }: ReceivedSpan) =>
      Object.keys(attributes).filter((name) => name.endsWith('_ms') && Number(attributes[name]) >= 0)
    const waits = (operation: string) =>
      new Set(spans.filter(({ name }) => name.startsWith(operation)).flatMap(waitsOf))
    expect(waits('create')).toEqual(new Set())
    expect(waits('send')).toEqual(new Set(['actorflow.credit_wait_ms']))
    expect(waits('process')).toEqual(new Set(['actorflow.queue_wait_ms', 'actorflow.handler_ms']))
    for (const { attributes, startNs, endNs } of spans.filter(({ name }) => name.startsWith('process'))) {
      expect(Number(attributes['actorflow.handler_ms'])).toBeCloseTo(Number(endNs - startNs) / 1e6, 2)
    }
    // It waits twice with each item in its hand.
    expect(named('process slow').every((span) => Number(span.attributes['actorflow.handler_ms']) > 5)).toBe(true)
  })
})

describe('The trace of an item', () => {
  it('goes to both of two sinks that read one stage', async () => {
    const both = `
      sinks.numbers: create numbers
        sinks.numbers: send kept
          sinks.kept: process kept
        sinks.numbers: send shown
          sinks.shown: process shown`
    expect(spanTrees(await spansOf('sinks.yaml', 0))).toEqual(times(3, tree(both)))
  }, 30_000)

  it('is linked from what was made of it, where that is one of many, up to 32 of which have links', async () => {
    const spans = await spansOf('gathering.yaml', 0)
    const mean = `
      gathering.means: send report [made of 10 x gathering.means: process means]
        gathering.report: process report`
    const total = `
      gathering.total: send report [made of 32 x gathering.total: process total]
        gathering.report: process report`
    const made = spanTrees(spans).filter((each) => each.includes('made of'))
    expect(made).toEqual([...times(10, tree(mean)), tree(total)])
    const countOf = (service: string) =>
      spans
        .filter((span) => span.service === service && span.name === 'send report')
        .map(({ attributes }) => attributes['actorflow.contributor.count'])
    expect(countOf('gathering.means')).toEqual(Array(10).fill(10))
    expect(countOf('gathering.total')).toEqual([100])
    // Each number is in one of the means.
    const linked = spans.filter(({ service }) => service === 'gathering.means').flatMap(({ links }) => links)
    expect(new Set(linked.map(({ spanId }) => spanId)).size).toBe(100)
  }, 30_000)
})

describe('The trace of an item that fails', () => {
  it('ends with its error in the third hop, and the others are whole as far as they came', async () => {
    const trees = spanTrees(await spansOf('failing.yaml', 1))
    const failed = `
      failing.numbers: send doubled
        failing.doubled: process doubled
          failing.doubled: send checked
            failing.checked: process checked [error RangeError: six is too many]`
    const passed = `
      failing.numbers: send doubled
        failing.doubled: process doubled
          failing.doubled: send checked
            failing.checked: process checked
              failing.checked: send report
                failing.report: process report`
    expect(trees.filter((each) => each.includes('error'))).toEqual([tree(failed)])
    // Those on their way are cancelled with the rest.
    const others = trees.filter((each) => each !== tree(failed)).map((each) => each.replaceAll(' [cancelled]', ''))
    expect(others.filter((each) => !tree(passed).startsWith(each))).toEqual([])
  }, 30_000)
})
