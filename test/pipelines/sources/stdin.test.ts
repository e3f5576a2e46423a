import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { openStdinSource } from '../../../pipelines/index.ts'
import { collectItems, testStage } from '../stage.ts'

describe('The stdin source', () => {
  it('decodes what comes in', async () => {
    const stdin = Readable.from([Buffer.from('{"a":'), Buffer.from('1}\n2')])
    expect(await collectItems(openStdinSource({ format: 'jsonl' }, testStage({ stdin })))).toEqual([{ a: 1 }, 2])
  })

  it('ends at once when the stage is cancelled, though the input goes on', async () => {
    const stdin = new PassThrough()
    const controller = new AbortController()
    const source = openStdinSource({ format: 'lines' }, testStage({ stdin, signal: controller.signal }))
    stdin.write('one\n')
    expect(await source.next()).toMatchObject({ value: { items: ['one'] } })
    const next = source.next()
    controller.abort()
    expect(await next).toEqual({ value: undefined, done: true })
    expect(stdin.destroyed).toBe(true)
  })

  it('names the line that cannot be decoded', async () => {
    const stdin = Readable.from([Buffer.from('1\nx\n')])
    const reading = collectItems(openStdinSource({ format: 'jsonl' }, testStage({ stdin })))
    await expect(reading).rejects.toThrow('stdin:2: not JSON')
  })

  it('tells of an input that fails', async () => {
    const stdin = new Readable({
      read() {
        this.destroy(new Error('gone'))
      },
    })
    await expect(collectItems(openStdinSource({ format: 'lines' }, testStage({ stdin })))).rejects.toThrow(
      "cannot read 'stdin': gone",
    )
  })
})
