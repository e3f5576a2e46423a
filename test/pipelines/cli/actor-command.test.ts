import { describe, expect, it } from 'vitest'
import {
  ContextCancelledError,
  defineActor,
  LeaseLostError,
  NameTakenError,
  type Root,
  UsageError,
} from '../../../engine/index.ts'
import { type ActorHost, type ActorOptions, actorCommand } from '../../../pipelines/cli/actor-command.ts'
import type { RunOptions } from '../../../registry/index.ts'

const definition = defineActor(import.meta.url, { cellarDoor: () => 'yes' })
const self = { name: 'film', id: 'f1' }

function bed(changes: Partial<ActorHost> = {}) {
  const written = { stdout: '', stderr: '' }
  const ended = Promise.withResolvers<Error>()
  const opened: RunOptions[] = []
  const imported: unknown[] = []
  const exits: number[] = []
  let onSignal: ((signal: 'SIGINT' | 'SIGTERM') => void) | undefined
  let onUncaught: ((error: unknown) => void) | undefined
  const close = async () => ended.resolve(new ContextCancelledError(self, 'its root was closed'))
  const root: Root = {
    actor: self,
    addresses: ['unix:/run/film.sock', 'tcp://127.0.0.1:4000'],
    ended: ended.promise,
    close,
    [Symbol.asyncDispose]: close,
  }
  const host: ActorHost = {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    environment: { FLOW_REGISTRY: 'unix:/run/registry.sock' },
    exists: async () => undefined,
    importDefinition: async (...call) => {
      imported.push(call)
      return definition
    },
    openRoot: async (options) => {
      opened.push(options)
      return root
    },
    onSignal: (listener) => {
      onSignal = listener
      return { [Symbol.dispose]: () => undefined }
    },
    onUncaught: (listener) => {
      onUncaught = listener
      return { [Symbol.dispose]: () => undefined }
    },
    exit: (code) => void exits.push(code),
    ...changes,
  }
  return {
    run: (module: string, options: ActorOptions = {}) => actorCommand(module, options, host),
    written,
    opened,
    imported,
    exits,
    end: (why: Error) => ended.resolve(why),
    signal: (name: 'SIGINT' | 'SIGTERM') => onSignal?.(name),
    crash: (error: unknown) => onUncaught?.(error),
    isUp: () => expect.poll(() => written.stdout).not.toBe(''),
  }
}

describe('flow actor', () => {
  it('says in one line where it can be called, and ends with 0 when it was asked to leave', async () => {
    const { run, written, end, opened, imported, isUp } = bed()
    const ended = run('/actors/film.ts')
    await isUp()
    expect(written).toEqual({ stdout: 'film (f1) listens at unix:/run/film.sock tcp://127.0.0.1:4000\n', stderr: '' })
    expect(opened).toEqual([{ name: 'film', definition, log: {} }])
    expect(imported).toEqual([['file:///actors/film.ts', undefined]])
    end(new ContextCancelledError({ name: 'flow', id: 'x' }, 'enough'))
    expect(await ended).toBe(0)
    expect(written.stderr).toBe('flow: film was asked to leave by flow (x): enough\n')
  })

  it('passes its options on, and the export that is named', async () => {
    const { run, end, opened, imported, isUp } = bed()
    const where = { listen: ['unix:/a', 'tcp://127.0.0.1:0'], advertise: ['tcp://films.example:0'] }
    const options = { name: 'frank', ...where, unique: true, capability: { gpu: true }, registry: 'unix:/r' }
    const ended = run('/film.ts#extras', options)
    await isUp()
    const { capability: capabilities, ...rest } = options
    expect(opened).toEqual([{ ...rest, capabilities, definition, log: {} }])
    expect(imported).toEqual([['file:///film.ts', 'extras']])
    end(new ContextCancelledError(self, 'enough'))
    await ended
  })

  it('hands on how to log, and says all that it says itself in the same format', async () => {
    const { run, written, opened, end, isUp } = bed()
    const ended = run('/film.ts', { logFormat: 'json', logLevel: ['info', 'film=debug'] })
    await isUp()
    expect(opened).toMatchObject([{ log: { format: 'json', level: 'info,film=debug' } }])
    end(new ContextCancelledError({ name: 'flow', id: 'x' }, 'enough'))
    expect(await ended).toBe(0)
    expect(JSON.parse(written.stderr)).toMatchObject({ msg: 'flow: film was asked to leave by flow (x): enough' })
  })

  it('starts nothing for a level that is none', async () => {
    const { run, written, opened } = bed()
    expect(await run('/film.ts', { logLevel: ['loud'] })).toBe(2)
    expect(written.stderr).toMatch(/^flow: --log-level: 'loud' in 'loud' is no level: /)
    expect(opened).toEqual([])
  })

  it('says where others join when it holds the registry itself', async () => {
    const { run, written, end, isUp } = bed({ environment: {} })
    const ended = run('/film.ts')
    await isUp()
    expect(written.stderr).toBe('flow: it holds the registry itself: --registry unix:/run/film.sock\n')
    end(new ContextCancelledError(self, 'enough'))
    await ended
  })

  it('holds it also where the registry that it was told of is where it listens itself', async () => {
    const { run, written, end, isUp } = bed({ environment: { FLOW_REGISTRY: 'unix:/run/film.sock' } })
    const ended = run('/film.ts', { listen: ['unix:/run/film.sock'] })
    await isUp()
    expect(written.stderr).toMatch(/^flow: it holds the registry itself/)
    end(new ContextCancelledError(self, 'enough'))
    await ended
  })

  it.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves in order at %s, and at once at a second one', async ([name, code]) => {
    const { run, signal, isUp, exits } = bed()
    const ended = run('/film.ts')
    await isUp()
    signal(name)
    signal(name)
    expect(exits).toEqual([code])
    expect(await ended).toBe(code)
  })

  it('ends with 1 when it has lost its name, or crashes', async () => {
    const lost = bed()
    const losing = lost.run('/film.ts')
    await lost.isUp()
    lost.end(new LeaseLostError('film', 'somebody else has it'))
    expect(await losing).toBe(1)
    expect(lost.written.stderr).toMatch(/^flow: film ends: the lease on 'film' is lost: somebody else has it\n$/)
    const crashed = bed()
    const crashing = crashed.run('/film.ts')
    await crashed.isUp()
    crashed.crash(new RangeError('boom'))
    expect(await crashing).toBe(1)
    expect(crashed.written.stderr).toMatch(/^flow: film \(f1\) crashed\nRangeError: boom\n/)
  })

  const enoent = Object.assign(new Error('ENOENT: …'), { code: 'ENOENT' })
  it.for([
    [{ exists: () => Promise.reject(enoent) }, 2, /^flow: \.\/film\.ts: no such file\n$/],
    [
      { importDefinition: () => Promise.reject(new UsageError('it exports no actor definition: add this')) },
      2,
      /^flow: \.\/film\.ts: it exports no actor definition: add this\n$/,
    ],
    [
      { importDefinition: () => Promise.reject(new SyntaxError('Unexpected token')) },
      2,
      /^SyntaxError: Unexpected token\n[^]*flow: \.\/film\.ts cannot be loaded\n$/,
    ],
    [
      { openRoot: () => Promise.reject(new UsageError('listening there would …')) },
      2,
      /^flow: listening there would …\n$/,
    ],
    [
      { openRoot: () => Promise.reject(new NameTakenError('frank', { name: 'frank', id: 'f', host: 'h', pid: 7 })) },
      1,
      /^flow: the name 'frank' is taken by actor 'frank' \(f\), process 7 on h\n$/,
    ],
  ] as const)('says why it does not start: %#', async ([changes, code, text]) => {
    const { run, written } = bed(changes)
    expect(await run('./film.ts')).toBe(code)
    expect(written.stderr).toMatch(text)
    expect(written.stdout).toBe('')
  })
})
