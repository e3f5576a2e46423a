import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { topCommand } from '../../../pipelines/cli/top-command.ts'
import { planObject } from '../../../pipelines/index.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { guestBed, registrationOf } from './guest-bed.ts'
import { statisticsOf } from './statistics-of.ts'

const ownScreen = '\x1b[?1049h'
const formerScreen = '\x1b[?1049l'
const cursorShown = '\x1b[?25h'
const functions = ['pipelinePlan', 'watchPipeline']

/** The actor that answers for a pipeline; it says twice what it does, and then no more until it ends. */
function pipelineActor(name: string, id = `${name}-id`, pid = 100) {
  const plan = planObject({ pipeline: name, stages: { lines: { source: 'generate', sink: 'drop' } } })
  const ended = Promise.withResolvers<void>()
  return {
    registration: registrationOf(name, { actor: { name, id }, pid, functions, capabilities: { pipeline: name } }),
    portal: {
      run: async () => plan as never,
      stream: async function* () {
        yield { ...statisticsOf(1_000, { itemsIn: 100 }), pipeline: name }
        yield { ...statisticsOf(2_000, { itemsIn: 300 }), pipeline: name }
        await ended.promise
        yield { ...statisticsOf(3_000, { itemsIn: 400, state: 'done' }), pipeline: name, ending: { kind: 'done' } }
      } as never,
    },
    end: ended.resolve,
  }
}

type Named = string | Parameters<typeof pipelineActor>

async function startTop(options: { who?: string; run?: string; once?: boolean; tty?: boolean }, ...names: Named[]) {
  const actors = names.map((each) => (typeof each === 'string' ? pipelineActor(each) : pipelineActor(...each)))
  const bed = await guestBed(actors)
  const input = Object.assign(new EventEmitter(), {
    isTTY: true,
    isRaw: false,
    modes: [] as boolean[],
    setRawMode: (raw: boolean) => input.modes.push(raw),
    setEncoding: () => {},
    resume: () => {},
    pause: () => {},
  })
  const written: string[] = []
  const resizes = new EventEmitter()
  const stdout = Object.assign(bed.host.stdout, options.tty === true ? { isTTY: true, columns: 100, rows: 12 } : {})
  if (options.tty === true) {
    stdout.write = ((text: string) => (written.push(text), true)) as never
    stdout.on = ((event: string, listener: () => void) => resizes.on(event, listener)) as never
    stdout.off = ((event: string, listener: () => void) => resizes.off(event, listener)) as never
  }
  const pictures = () => written.join('').split('\x1b[H')
  let suspended = 0
  const exitCode = topCommand(
    options.who,
    { ...(options.once === true && { once: true }), ...(options.run !== undefined && { run: options.run }) },
    { ...bed.host, stdin: input, stdout, findSockets: async () => [], suspend: () => void (suspended += 1) },
  )
  return {
    ...bed,
    exitCode,
    input,
    resizes,
    suspended: () => suspended,
    ansi: () => written.join(''),
    /** Waits until the newest picture has the text in it. */
    shows: (text: string) =>
      waitUntil(() => pictures().at(-1)?.includes(text), { describe: () => [text, pictures().at(-1)] }),
    /** The pipelines end. */
    endAll: () => {
      for (const actor of actors) actor.end()
    },
  }
}

describe('flow top', () => {
  it('prints once where stdout is no terminal, all pipelines or the one that was asked for', async () => {
    const all = await startTop({}, 'a', 'b')
    expect(await all.exitCode).toBe(0)
    expect(all.written.stdout).toMatch(/^a {2}2\.0 s [^]*lines +1 {2}running +300 .* 200\/s [^]*\nb {2}2\.0 s /)
    expect(all.left()).toBe(1)
    const one = await startTop({ who: 'b' }, 'a', 'b')
    expect(await one.exitCode).toBe(0)
    expect(one.written.stdout).toMatch(/^b {2}2\.0 s/)
    const none = await startTop({ who: 'c' }, 'a')
    expect(await none.exitCode).toBe(1)
    expect(none.written.stdout).toBe('no pipeline called c runs in the registry\n')
    for (const { endAll } of [all, one, none]) endAll()
  })

  it('prints each of those with one name, with its process, and one alone by its process id or its id', async () => {
    const namesakes = [
      ['a', 'x', 101],
      ['a', 'y', 102],
    ] satisfies Named[]
    const printed = async (which: { who?: string; run?: string }) => {
      const top = await startTop(which, ...namesakes)
      expect(await top.exitCode).toBe(0)
      top.endAll()
      return Array.from(top.written.stdout.matchAll(/^a .* process (\d+)$/gm), ([, pid]) => pid)
    }
    expect(await printed({ who: 'a' })).toEqual(['101', '102'])
    expect(await printed({ who: '102' })).toEqual(['102'])
    expect(await printed({ who: 'x' })).toEqual(['101'])
    expect(await printed({ run: '102' })).toEqual(['102'])
    expect(await printed({ who: 'a', run: 'x' })).toEqual(['101'])
  })

  it('takes what --run says for no name, and says what it has looked for', async () => {
    const named = await startTop({ run: '7' }, ['7', 'x', 101])
    expect(await named.exitCode).toBe(1)
    expect(named.written.stdout).toBe('no pipeline runs as 7 in the registry\n')
    const other = await startTop({ who: 'a', run: '102' }, ['a', 'x', 101], ['b', 'y', 102])
    expect(await other.exitCode).toBe(1)
    expect(other.written.stdout).toBe('no pipeline called a runs as 102 in the registry\n')
    for (const { endAll } of [named, other]) endAll()
  })

  it('takes the whole terminal, follows keys and its size, and gives it back as it was', async () => {
    const top = await startTop({ tty: true }, 'a', 'b')
    await top.shows('[1 a]  2 b')
    await top.shows('a  2.0 s')
    top.input.emit('data', '\x1b[C')
    await top.shows(' 1 a  [2 b]')
    top.input.emit('data', '\x1b[C')
    await top.shows('[1 a]')
    top.input.emit('data', '2')
    await top.shows('[2 b]')
    // ctrl-z: the shell gets its terminal as it was, and the picture comes again.
    top.input.emit('data', '\x1a')
    expect(top.suspended()).toBe(1)
    expect(top.ansi().split(formerScreen)).toHaveLength(2)
    expect(top.ansi().split(ownScreen)).toHaveLength(3)
    expect(top.resizes.listenerCount('resize')).toBe(1)
    top.input.emit('data', 'q')
    expect(await top.exitCode).toBe(0)
    expect(top.ansi().endsWith(`${cursorShown}${formerScreen}`)).toBe(true)
    expect(top.input.modes.at(-1)).toBe(false)
    expect(top.resizes.listenerCount('resize')).toBe(0)
    expect(top.left()).toBe(1)
    top.endAll()
  })

  it('goes on to show a pipeline that is done, and goes over to the next of that name', async () => {
    const top = await startTop({ tty: true, who: 'a' }, 'a')
    await top.shows('a  2.0 s')
    top.endAll()
    await top.depart('a-id')
    await top.shows('a  3.0 s')
    await top.shows('400')
    await top.shows('\r\ndone')
    const next = pipelineActor('a', 'x', 101)
    await top.arrive(next)
    await top.shows(' 1 a (100), done  [2 a (101)]')
    await top.shows('here, process 101')
    // It stays when a key has chosen it.
    top.input.emit('data', '1')
    const other = pipelineActor('b')
    await top.arrive(other)
    await top.shows('[1 a (100), done]  2 a (101)   3 b')
    for (const each of [next, other]) each.end()
    top.input.emit('data', 'q')
    expect(await top.exitCode).toBe(0)
  })

  it.for([
    ['goes over to the next of that name from one that has gone without a word', {}, ' 1 a (100), gone  [2 a (101)]'],
    ['stays with the run that was asked for, also when that has gone', { run: '100' }, '[1 a (100), gone]  2 a (101)'],
  ] as const)('%s', async ([, options, head]) => {
    const top = await startTop({ tty: true, ...options }, 'a')
    await top.shows('a  2.0 s')
    await top.depart('a-id')
    await top.shows('process 100 has gone without a word of how it ended')
    const next = pipelineActor('a', 'x', 101)
    await top.arrive(next)
    await top.shows(head)
    top.input.emit('data', 'q')
    expect(await top.exitCode).toBe(0)
    top.endAll()
    next.end()
  })

  it('stays with one that is done while only others run', async () => {
    const top = await startTop({ tty: true }, 'a')
    await top.shows('a  2.0 s')
    const other = pipelineActor('b')
    await top.arrive(other)
    await top.shows('[1 a]  2 b')
    top.endAll()
    await top.shows('[1 a, done]  2 b')
    await top.shows('a  3.0 s')
    top.input.emit('data', 'q')
    expect(await top.exitCode).toBe(0)
    other.end()
  })

  it('stays with one that has gone without a word, and gives the terminal back at a signal, too', async () => {
    const top = await startTop({ tty: true }, 'a', 'b')
    await top.shows('a  2.0 s')
    await top.depart('a-id')
    await top.shows('[1 a, gone]  2 b')
    await top.shows('process 100 has gone without a word of how it ended')
    await top.shows('a  2.0 s')
    top.pressCtrlC()
    expect(await top.exitCode).toBe(130)
    expect(top.ansi().endsWith(`${cursorShown}${formerScreen}`)).toBe(true)
    expect(top.input.modes.at(-1)).toBe(false)
    top.endAll()
  })
})
