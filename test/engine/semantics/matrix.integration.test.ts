import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openNursery } from '../../../index.ts'
import fails from '../../fixtures/actors/matrix-fails.ts'
import type { ProducerEvent } from '../../fixtures/actors/matrix-plan.ts'
import { type Cell, meet } from '../../support/matrix.ts'
import { errorOf } from '../../support/thrown.ts'
import { openTreeBed } from '../../support/tree.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { expectationFor, type Row, rows, type Seen } from './stream-endings.ts'

interface Expected {
  readonly cell: Cell
  readonly sight: Seen
}

/** A title, and all of one tree: they meet at the same time. */
type Group = readonly [title: string, cells: readonly Expected[]]

const events: readonly ProducerEvent[] = ['ends', 'throws', 'is cancelled', 'is killed', 'is frozen']
const turns = [
  ['siblings', 'producer'],
  ['siblings', 'consumer'],
  ['parent', 'producer'],
  ['parent', 'consumer'],
] as const
const needsProcess: ReadonlySet<string> = new Set(['is killed', 'is frozen'])
const kinds = ['stream', 'context'] as const

/** The cells of the table for one tree. */
function cellsOf(place: Pick<Cell, 'spawn' | 'family' | 'first'>, producer: ProducerEvent): Expected[] {
  return rows
    .filter((row) => row.first === place.first && row.producer === producer)
    .flatMap((row) =>
      kinds.map((kind): Expected => {
        const cell = { ...place, kind, producer, consumer: row.consumer }
        return { cell, sight: expectationFor(row, cell) }
      }),
    )
    .filter(({ cell }) => isWorthIt(cell))
}

function isWorthIt({ spawn, family, producer, consumer }: Cell): boolean {
  const harsh = needsProcess.has(producer) || needsProcess.has(consumer)
  if (spawn !== 'process') return !harsh && (spawn === 'inline' || family === 'siblings')
  // A parent and its child are the same to each other as siblings are, until one of them vanishes.
  return family === 'siblings' || harsh
}

function groupsOf(spawn: Cell['spawn']): Group[] {
  return turns
    .flatMap(([family, first]) =>
      events.map((event): Group => {
        const other = family === 'siblings' ? 'its sibling' : 'its parent'
        const title =
          first === 'producer'
            ? `has a producer that ${event}, and then ${other} at the other end has its turn`
            : `is left by ${other}, and then has a producer that ${event} in its finally`
        return [title, cellsOf({ spawn, family, first }, event)]
      }),
    )
    .filter(([, cells]) => cells.length > 0)
}

const titleOf = ({ kind, producer, consumer }: Cell) => `${kind}: the producer ${producer}, the consumer ${consumer}`

/** Has them meet, and compares what was seen with what is right. */
async function expectWhatIsRight(group: readonly Expected[], notes: (name: string) => string): Promise<void> {
  const cells = group.map(({ cell }) => cell)
  const titled = (sights: readonly unknown[]) =>
    Object.fromEntries(cells.map((cell, index) => [titleOf(cell), sights[index]]))
  const right = group.map(({ sight }) => ({ ...sight, producer: expect.toBeOneOf([sight.producer].flat()) }))
  expect(titled(await meet(cells, notes))).toEqual(titled(right))
}

describe('The table of how streams end', () => {
  it('has a row for each way in which a producer and a consumer meet', () => {
    const count = (first: Row['first']) => rows.filter((row) => row.first === first).length
    expect(count('producer')).toBe(5 * 6)
    // Who reads on, or does nothing, leaves nothing.
    expect(count('consumer')).toBe(5 * 4)
  })

  it('is told to users with the same errors', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/stream-endings.md'), 'utf8')
    const classes = (text: string) => [...new Set(text.match(/\b(?!RangeError)[A-Z]\w+Error\b/g))].toSorted()
    const told = page.split(/^## The producer /m).flatMap((section) => {
      const [producer = ''] = section.split('\n')
      return Array.from(
        section.matchAll(/^\| (.+?) \| .+? \| (.+?) \| (.+?) \| .+ \|$/gm),
        ([, who, stream, context]) => {
          const inContext = context?.startsWith('the same') === true ? stream : context
          return { producer, consumer: who, stream: classes(stream ?? ''), context: classes(inContext ?? '') }
        },
      ).filter(
        ({ consumer }) => consumer !== 'the consumer' && consumer !== '---' && events.includes(producer as never),
      )
    })
    const written = rows
      .filter(({ first }) => first === 'producer')
      .map(({ producer, consumer, sees, context }) => {
        const seen = String(sees.consumer)
        return { producer, consumer, stream: classes(seen), context: classes(String(context?.consumer ?? seen)) }
      })
    expect(told).toEqual(written)
  })
})

describe.for(['process', 'thread', 'inline'] as const)('A stream between two actors (%s)', (spawn) => {
  const { notes } = openTreeBed()

  it.for(groupsOf(spawn))('%s: each side sees what the table says', async ([, group]) => {
    await expectWhatIsRight(group, notes)
  })
})

describe('What a nursery throws for two actors that fail at the same time', () => {
  const { tree, notes } = openTreeBed()

  it('is both failures, though that of one crosses the cancellation for the other', async () => {
    await tree(async () => {
      const file = notes('go')
      const error = await errorOf(
        openNursery(async (nursery) => {
          nursery.signal.addEventListener('abort', () => writeFileSync(file, ''))
          await nursery.runInActor('other', fails, 'failDeaf', file, 'second')
          await waitUntil(() => existsSync(`${file}.deaf`), { describe: () => 'it has not begun' })
          await nursery.runInActor('one', fails, 'fail', 'first')
        }),
      )
      expect(error).toBeInstanceOf(AggregateError)
      expect((error as AggregateError).errors).toMatchObject([{ message: 'first' }, { message: 'second' }])
    })
  })
})
