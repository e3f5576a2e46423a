import { describe, expect, it } from 'vitest'
import { createInterrupt, type Interrupt } from '../../../pipelines/cli/interrupt.ts'

/** What an interrupt did, in order: each word is a call, or the beginning of what it said. */
function recorded(): { interrupt: Interrupt; done: string[]; start: () => void } {
  const done: string[] = []
  const interrupt = createInterrupt({
    say: (line) => done.push(`say ${/^\w+/.exec(line)?.[0]}`),
    stopFailed: (error) => done.push(`failed ${String(error)}`),
    exit: (code) => done.push(`exit ${code}`),
  })
  const start = (): void =>
    interrupt.attach({
      drain: async () => void done.push('drain'),
      cancel: async () => void done.push('cancel'),
      kill: () => void done.push('kill'),
    })
  return { interrupt, done, start }
}

describe('An interrupt', () => {
  it('drains at first, then cancels, then kills, then exits', () => {
    const { interrupt, done, start } = recorded()
    start()
    expect(interrupt).toMatchObject({ step: 'none', exitCode: undefined })
    for (let n = 1; n <= 4; n++) interrupt.signal('SIGINT')
    const said = ['say draining', 'drain', 'say cancelling', 'cancel', 'say killing', 'kill', 'exit 130']
    expect(done).toEqual(said)
    expect(interrupt).toMatchObject({ step: 'kill', exitCode: 130 })
  })

  it.for([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('cancels at once at a %s, and kills at a second one', ([signal, exitCode]) => {
    const { interrupt, done, start } = recorded()
    start()
    interrupt.signal(signal)
    expect(interrupt).toMatchObject({ step: 'cancel', exitCode })
    interrupt.signal(signal)
    expect(done).toEqual(['say cancelling', 'cancel', 'say killing', 'kill'])
  })

  it('cancels at a SIGTERM while it drains', () => {
    const { interrupt, done, start } = recorded()
    start()
    interrupt.signal('SIGINT')
    interrupt.signal('SIGTERM')
    expect(done.slice(2)).toEqual(['say cancelling', 'cancel'])
    expect(interrupt.exitCode).toBe(143)
  })

  it.for([
    ['SIGINT', 'drain'],
    ['SIGTERM', 'cancel'],
  ] as const)('keeps a %s that comes while the pipeline starts, and then does a %s', ([signal, call]) => {
    const { interrupt, done, start } = recorded()
    interrupt.signal(signal)
    expect(done).toEqual(['say stopping'])
    start()
    expect(done.slice(1)).toEqual([expect.stringMatching(/^say/), call])
  })

  it('exits at a second signal while the pipeline starts', () => {
    const { interrupt, done } = recorded()
    interrupt.signal('SIGINT')
    interrupt.signal('SIGINT')
    expect(done).toEqual(['say stopping', 'exit 130'])
  })

  it('says that it has killed to whoever waits for it', async () => {
    const { interrupt, start } = recorded()
    start()
    for (let n = 1; n <= 3; n++) interrupt.signal('SIGINT')
    await expect(interrupt.killed).resolves.toBeUndefined()
  })

  it('hands on that a drain did not end well', async () => {
    const failed = Promise.withResolvers<unknown>()
    const interrupt = createInterrupt({ say: () => {}, stopFailed: failed.resolve, exit: () => {} })
    const drain = (): Promise<void> => Promise.reject(new Error('too slow'))
    interrupt.attach({ drain, cancel: async () => {}, kill: () => {} })
    interrupt.signal('SIGINT')
    expect(await failed.promise).toEqual(new Error('too slow'))
  })
})
