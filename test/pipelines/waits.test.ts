import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { openStdinSource, openStdoutSink } from '../../pipelines/index.ts'
import { collectItems, itemsOf, testStage } from './stage.ts'

/** A stage that notes what it is told of waits. */
function notingStage(more: Parameters<typeof testStage>[0] = {}) {
  const notes: string[] = []
  const stage = testStage({
    ...more,
    beginWait: (on, what) => {
      notes.push(`${on} ${what} begins`)
      return () => void notes.push(`${on} ${what} is over`)
    },
  })
  return { notes, stage }
}

describe('What a stage is told of the waits of its own source or sink', () => {
  it('is when stdin has nothing to give', async () => {
    const stdin = new PassThrough()
    const { notes, stage } = notingStage({ stdin })
    const items = openStdinSource({ format: 'lines' }, stage)
    const first = items.next()
    expect(notes).toEqual(['input stdin begins'])
    stdin.write('one\n')
    await first
    expect(notes).toEqual(['input stdin begins', 'input stdin is over'])
    stdin.end()
    await collectItems(items)
    expect(notes.slice(2)).toEqual(['input stdin begins', 'input stdin is over'])
  })

  it('is when stdout takes nothing', async () => {
    const asked = Promise.withResolvers<() => void>()
    const stdout = new Writable({ write: (_text, _encoding, taken) => asked.resolve(taken) })
    const { notes, stage } = notingStage({ stdout })
    const ended = openStdoutSink(itemsOf(1), { format: 'jsonl', limit: 1 }, stage)
    const takeIt = await asked.promise
    expect(notes).toEqual(['output stdout begins'])
    takeIt()
    await ended
    expect(notes).toEqual(['output stdout begins', 'output stdout is over'])
  })
})
