import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { type FileSinkOptions, openFileSink } from '../../../pipelines/index.ts'
import { itemsOf, testStage } from '../stage.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const root = temporaryFolder()
let directory = root
let count = 0

beforeEach(() => {
  directory = join(root, String(count++))
  mkdirSync(directory)
})

function write(options: FileSinkOptions, input: AsyncIterable<unknown>, signal = new AbortController().signal) {
  return openFileSink(input, options, testStage({ directory, signal }))
}

function contents(name: string): string {
  return readFileSync(join(directory, name), 'utf8')
}

describe('The file sink', () => {
  it('writes JSON lines', async () => {
    await write({ path: 'o.jsonl' }, itemsOf<unknown>({ a: 1n, b: new Map([[1, new Set([2])]]) }, 'x', undefined))
    expect(contents('o.jsonl')).toBe('{"a":"1","b":[[1,[2]]]}\n"x"\nnull\n')
    expect(readdirSync(directory)).toEqual(['o.jsonl'])
  })

  it('writes tables, and compresses by extension', async () => {
    await write({ path: 'o.csv' }, itemsOf({ a: 'x,y', b: null }, { b: [1], a: '"' }))
    await write({ path: 'o.tsv.gz' }, itemsOf({ a: 'x,y', b: true }))
    expect(contents('o.csv')).toBe('a,b\n"x,y",\n"""",[1]\n')
    expect(gunzipSync(readFileSync(join(directory, 'o.tsv.gz'))).toString()).toBe('a\tb\nx,y\ttrue\n')
  })

  it('writes a header without rows where the columns are named', async () => {
    await write({ path: 'o.csv', csv: { columns: ['a', 'b'] } }, itemsOf())
    expect(contents('o.csv')).toBe('a,b\n')
  })

  it('leaves no partial file, and the file that was there, when its input fails', async () => {
    writeFileSync(join(directory, 'o.jsonl'), 'before')
    const failure = new TypeError('upstream')
    const input = (async function* () {
      yield 1
      expect(readdirSync(directory).length).toBeGreaterThan(0)
      throw failure
    })()
    await expect(write({ path: 'o.jsonl' }, input)).rejects.toBe(failure)
    expect(readdirSync(directory)).toEqual(['o.jsonl'])
    expect(contents('o.jsonl')).toBe('before')
  })

  it.each(['o.jsonl', 'o.jsonl.gz'])(
    'leaves no %s when the stage is cancelled, though its input never ends',
    async (path) => {
      const controller = new AbortController()
      const reason = new Error('enough')
      const input = (async function* () {
        yield 1
        setImmediate(() => controller.abort(reason))
        await new Promise(() => {})
      })()
      await expect(write({ path }, input, controller.signal)).rejects.toBe(reason)
      expect(readdirSync(directory)).toEqual([])
    },
  )

  it('names the file that it cannot write', async () => {
    await expect(write({ path: 'none/o.csv' }, itemsOf())).rejects.toThrow(
      `cannot write 'none/o.csv': there is no folder '${join(directory, 'none')}'`,
    )
    mkdirSync(join(directory, 'taken'))
    await expect(write({ path: 'taken' }, itemsOf(1))).rejects.toThrow("cannot write 'taken': it is a directory")
    expect(readdirSync(directory)).toEqual(['taken'])
  })

  it('refuses an item with a column that the header has not', async () => {
    const writing = write({ path: 'o.csv' }, itemsOf({ a: 1 }, { a: 1, b: 2 }))
    await expect(writing).rejects.toThrow("item 2 has a column 'b' that the header has not: name all the columns")
  })
})
