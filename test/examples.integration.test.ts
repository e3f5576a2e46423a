import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { withoutStopwords } from '../examples/word-count/stopwords.ts'
import { type ProgramEnding, type ProgramOptions, readTable, root, runProgram } from './support/run-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'examples-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('examples/hello.ts', () => {
  it('prints the squares and ends', async () => {
    expectLines(await runExample('hello.ts'), ['1', '4', '9', '16', '25', '36', '49'])
  })
})

describe('examples/film.ts', () => {
  it('shows each kind of call', async () => {
    expectLines(await runExample('film.ts'), [
      "Dang that's beautiful",
      'I can see these little future bubble things',
      'many of them, for a second',
      'picture 1',
      'picture 2',
      'picture 3',
      '{ ready: true }',
      '5',
      '5',
      'bye',
      "Dang that's beautiful",
    ])
  })
})

describe('examples/aggregate.ts', () => {
  it.for([0, 1, 1000, 20_000])('passes on each of %i numbers once', async (count) => {
    const ending = await runExample('aggregate.ts', String(count))
    const sum = (count * (count - 1)) / 2
    expect(ending.stdout).toMatch(new RegExp(`^${count} values, their sum ${Math.abs(sum)}, in \\d+ ms\n$`))
    expectLines(ending, [ending.stdout.trimEnd()])
  })
})

describe('examples/cluster.ts', () => {
  it('counts the primes with all the cores, as a program that is its own root', async () => {
    expectLines(await runExample('cluster.ts'), ['78498 primes below 1000000, the last of them 999983'])
    expectLines(await runExample('cluster.ts', '100'), ['25 primes below 100, the last of them 97'])
  })
})

describe('examples/weather', () => {
  it('prints the climate by city and month, from each day of each city once', async () => {
    const ending = await runPipeline('weather/pipeline.yaml')
    expectGood(ending)
    const rows = readTable(ending.stdout)
    expect(rows).toEqual(expectedClimate())
    expect(rows).toHaveLength(24)
    expect(rows.reduce((days, row) => days + Number(row['days']), 0)).toBe(2 * 1461)
  })
})

describe('examples/word-count', () => {
  const book = readFileSync(join(root, 'examples/word-count/book.txt'), 'utf8')

  it('counts the words of the text that it brings along', async () => {
    const ending = await runPipeline('word-count/pipeline.yaml')
    expectGood(ending)
    expect(readTable(ending.stdout)).toEqual(await expectedCounts(book, 10))
  })

  it('counts those of a text given by variable', async () => {
    const file = join(folder, 'mine.csv')
    const text = 'Der Fluß, der Fluss,\nla rivière; river river RIVER lock'
    writeFileSync(file, text)
    const ending = await runPipeline('word-count/pipeline.yaml', { env: { BOOK: file, TOP: '3' } })
    expectGood(ending)
    expect(readTable(ending.stdout)).toEqual(await expectedCounts(text, 3))
  })

  it('counts those that are piped in', async () => {
    const ending = await runPipeline('word-count/stdin.yaml', { stdin: book })
    expectGood(ending)
    const rows = ending.stdout.trimEnd().split('\n')
    const counts = rows.map((row) => JSON.parse(row) as { word: string; count: number })
    expect(counts.map(({ word, count }) => ({ word, count: String(count) }))).toEqual(await expectedCounts(book, 10))
  })
})

function runExample(file: string, ...args: string[]): Promise<ProgramEnding> {
  return runProgram(process.execPath, [join('examples', file), ...args])
}

function runPipeline(file: string, options?: ProgramOptions): Promise<ProgramEnding> {
  return runProgram(process.execPath, ['bin/flow.js', 'run', join('examples', file)], options)
}

function expectLines(ending: ProgramEnding, lines: string[]): void {
  const stdout = lines.map((line) => `${line}\n`).join('')
  expect(ending).toEqual({ stdout, stderr: '', exitCode: 0, leftBehind: [] })
}

/** It has ended well; what it wrote to stderr is for people. */
function expectGood(ending: ProgramEnding): void {
  expect(ending).toEqual({ stdout: ending.stdout, stderr: expect.any(String), exitCode: 0, leftBehind: [] })
}

/** The rows of the weather table, made of the second file alone: it has all the days that the first one has. */
function expectedClimate(): Record<string, string>[] {
  const [header = '', ...lines] = read('weather.csv')
  const columns = header.split(',')
  const days = lines.map((line) => {
    const fields = line.split(',')
    return Object.fromEntries(columns.map((column, index) => [column, fields[index] ?? '']))
  })
  // What the aggregator is there for: the first file has nothing that the second has not.
  const [, ...seattle] = read('seattle-weather.csv')
  expect(lines.filter((line) => line.startsWith('Seattle,')).map((line) => line.slice(8))).toEqual(seattle)

  const names = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
  return ['New York', 'Seattle'].flatMap((city) => {
    return names.map((month, index) => {
      const ofMonth = days.filter((day) => day['location'] === city && Number(day['date']?.slice(5, 7)) === index + 1)
      // In tenths, which are whole numbers.
      const tenths = (column: string) => ofMonth.map((day) => Math.round(Number(day[column]) * 10))
      const total = (column: string) => tenths(column).reduce((sum, value) => sum + value, 0)
      const mean = (column: string) => String(Math.round(total(column) / ofMonth.length) / 10)
      const years = 4
      return {
        city,
        month,
        days: String(ofMonth.length),
        rainMm: String(Math.round(total('precipitation') / 10 / years)),
        wetDays: String(Math.round((tenths('precipitation').filter((rain) => rain >= 10).length * 10) / years) / 10),
        windMs: mean('wind'),
        minC: mean('temp_min'),
        maxC: mean('temp_max'),
      }
    })
  })
}

function read(file: string): string[] {
  return readFileSync(join(root, 'node_modules/vega-datasets/data', file), 'utf8')
    .trimEnd()
    .split('\n')
}

async function expectedCounts(text: string, top: number): Promise<{ word: string; count: string }[]> {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? []
  const counted = (await Array.fromAsync(withoutStopwords(itemsOf(words), { language: 'en' }))).toSorted()
  const counts = [...new Set(counted)].map((word) => ({ word, count: counted.filter((each) => each === word).length }))
  const sorted = counts.toSorted((a, b) => b.count - a.count)
  return sorted.slice(0, top).map(({ word, count }) => ({ word, count: String(count) }))
}

async function* itemsOf<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}
