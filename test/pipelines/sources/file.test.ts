import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../engine/index.ts'
import { type FileSourceOptions, openFileSource, PipelineError } from '../../../pipelines/index.ts'
import { collectItems, testStage } from '../stage.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const directory = temporaryFolder()

function write(name: string, content: string | Uint8Array): void {
  writeFileSync(join(directory, name), content)
}

function read(options: FileSourceOptions, signal = new AbortController().signal): Promise<unknown[]> {
  return collectItems(openFileSource(options, testStage({ directory, signal })))
}

describe('The file source', () => {
  it('knows the format and the compression by the extension', async () => {
    write('a.txt', '\ufeffone\r\ntwo\n')
    write('a.ndjson', '{"a":1}\n\n[2]\n')
    write('a.tsv', 'x\ty\n1\t2,3\n')
    write('a.csv.gz', gzipSync('x,y\n1,2\n'))
    expect(await read({ path: 'a.txt' })).toEqual(['one', 'two'])
    expect(await read({ path: 'a.ndjson' })).toEqual([{ a: 1 }, [2]])
    expect(await read({ path: 'a.tsv' })).toEqual([{ x: '1', y: '2,3' }])
    expect(await read({ path: 'a.csv.gz', csv: { numbers: true } })).toEqual([{ x: 1, y: 2 }])
    expect(await read({ path: 'a.csv.gz', format: 'lines' })).toEqual(['x,y', '1,2'])
  })

  it('reads the files of a glob in the order of their names, each with its own header', async () => {
    mkdirSync(join(directory, 'in [1]'))
    write('in [1]/b.csv', 'n\n2\n')
    write('in [1]/a.csv', 'm\n1\n')
    const stage = testStage({ directory: join(directory, 'in [1]') })
    const path = join(directory, 'in [1]', '*.csv')
    expect(await collectItems(openFileSource({ path }, stage))).toEqual([{ m: '1' }, { n: '2' }])
  })

  it('reads other encodings', async () => {
    write('latin.txt', new Uint8Array([0xe9, 0x0a]))
    write('wide.txt', Buffer.from('\ufeffé\n', 'utf16le'))
    expect(await read({ path: 'latin.txt', encoding: 'latin1' })).toEqual(['é'])
    expect(await read({ path: 'wide.txt', encoding: 'utf-16le' })).toEqual(['é'])
  })

  it('yields batches of at most 512 items', async () => {
    write('many.txt', Array.from({ length: 30_000 }, (_, index) => `line ${index}\n`).join(''))
    const sizes: number[] = []
    for await (const batch of openFileSource({ path: 'many.txt' }, testStage({ directory })) as AsyncIterable<
      Batch<unknown>
    >) {
      sizes.push(batch.items.length)
    }
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(30_000)
    expect(Math.max(...sizes)).toBe(512)
    expect(sizes.length).toBeLessThan(120)
  })

  it.each([
    ['a missing file', 'missing.txt', "cannot read 'missing.txt': no such file"],
    ['a folder', '.', /cannot read '.*': it is a directory/],
    ['a glob that matches nothing', 'none/*.csv', "no file matches 'none/*.csv'"],
    ['a file that is not compressed', 'plain.gz', "cannot read 'plain.gz': incorrect header check"],
    ['a compressed file that is cut off', 'cut.gz', "cannot read 'cut.gz': unexpected end of file"],
    ['a line that is not JSON', 'bad.jsonl', /^bad\.jsonl:3: not JSON: /],
    ['a row with too few fields', 'bad.csv', 'bad.csv:3: 1 field where the header has 2'],
  ])('names %s', async (_title, path, message) => {
    write('plain.gz', 'not compressed at all')
    write('cut.gz', gzipSync('one\ntwo\n'.repeat(1000)).subarray(0, 30))
    write('bad.jsonl', '1\n\n{"a":\n')
    write('bad.csv', 'a,b\n1,2\n3\n')
    const reading = read({ path })
    await expect(reading).rejects.toThrow(message)
    await expect(reading).rejects.toBeInstanceOf(PipelineError)
  })

  it.each(['many.txt', 'many.txt.gz'])('ends when the stage is cancelled while it reads %s', async (path) => {
    write('many.txt.gz', gzipSync('line\n'.repeat(1_000_000)))
    const controller = new AbortController()
    const source = openFileSource({ path }, testStage({ directory, signal: controller.signal }))
    await source.next()
    controller.abort()
    let count = 0
    for await (const batch of source) count += batch.items.length
    expect(count).toBeLessThan(100_000)
  })
})
