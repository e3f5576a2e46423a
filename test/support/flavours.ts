import { mkdtempSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import {
  type Definition,
  type Functions,
  getRegistry,
  type Nursery,
  openNursery,
  openRoot,
  type Portal,
  type Root,
  type RunOptions,
  type SpawnOptions,
  sleep,
  waitForActor,
} from '../../index.ts'
import everything, { shared } from '../fixtures/actors/everything.ts'
import keeps from '../fixtures/actors/keeps.ts'
import { processesOf } from './processes.ts'
import { waitUntil } from './wait-until.ts'

/** Where an actor under test runs, and over what it is called. */
export type FlavourName = 'process' | 'process by name' | 'process by name over tcp' | 'thread' | 'inline'

/** The flavours that the engine has: those that are not listed are skipped. */
const supported: readonly FlavourName[] = ['process', 'process by name', 'process by name over tcp', 'thread', 'inline']

/** What some flavours can and others cannot; the text is why a test is skipped where they cannot. */
const lacking = {
  hasOwnProcess: 'it has no process of its own',
  hasOwnLoop: 'it shares the event loop of its caller',
  hasOwnModules: 'its module is loaded already',
  canCrash: 'its end would be that of its caller',
  canBeKilled: 'it cannot be killed from outside',
  canBeFrozen: 'it cannot be frozen from outside',
} as const
type Capability = keyof typeof lacking

interface Flavour extends Readonly<Record<Capability, boolean>> {
  readonly name: FlavourName
  /** How its actors are started. */
  readonly spawn: SpawnOptions
  /** Not a child of the test: another actor starts it, and the test finds it by its name and dials it. */
  readonly byName: boolean
  /** What the root of the test's tree needs for it. */
  readonly root: RunOptions
}

const ofProcess = {
  hasOwnProcess: true,
  hasOwnLoop: true,
  hasOwnModules: true,
  canCrash: true,
  canBeKilled: true,
  canBeFrozen: true,
  root: {},
}
const ofThread = { ...ofProcess, hasOwnProcess: false, canBeKilled: false, canBeFrozen: false, byName: false }
const tcp = { listen: ['tcp://127.0.0.1:0'] }

const flavours: readonly Flavour[] = [
  { ...ofProcess, name: 'process', spawn: {}, byName: false },
  { ...ofProcess, name: 'process by name', spawn: {}, byName: true },
  // The root, too: whoever registers with it has a channel to it, and that is used for the calls.
  { ...ofProcess, name: 'process by name over tcp', spawn: tcp, byName: true, root: tcp },
  { ...ofThread, name: 'thread', spawn: { spawn: 'thread' } },
  { ...ofThread, name: 'inline', spawn: { spawn: 'inline' }, hasOwnLoop: false, hasOwnModules: false, canCrash: false },
]

/** What the tests of one flavour have: a tree that they share, with actors of that flavour in it. */
export interface FlavourBed extends Flavour {
  /** Why the flavour cannot do that, for the title of a test that is skipped; nothing where it can. */
  whyNot(capability: Capability): string
  /** Starts an actor of the flavour that ends with the nursery. */
  start<F extends Functions>(
    nursery: Nursery,
    name: string,
    definition: Definition<F>,
    options?: SpawnOptions,
  ): Promise<Portal<F>>
  /** A nursery with one such actor for the time of `use`. */
  withActor<F extends Functions>(
    definition: Definition<F>,
    use: (portal: Portal<F>) => Promise<void>,
    options?: SpawnOptions & { name?: string },
  ): Promise<void>
  /**
   * The actor that all tests of the flavour in a file share, by its functions of that definition. It serves those of all
   * definitions in `everything.ts`: a process takes longer to start than a test to run.
   */
  shared<F extends Functions>(definition: Definition<F>): Promise<Portal<F>>
  /** A name or key that no other test has. */
  unique(name: string): string
  /** A path for a file that actors write and the test reads. */
  notes(name: string): string
  /** The lines in such a file so far. */
  readNotes(name: string): Promise<string[]>
  /** Waits until the file has so many lines that end like that. */
  noted(name: string, ending: string, count?: number): Promise<void>
  /** The names of all actors that run. */
  actorNames(): Promise<string[]>
  /** The process of the actor of that name. */
  processIdOf(name: string): Promise<number>
}

/**
 * Declares the same tests for each flavour of actor. They share one tree for each flavour; after each test no actor is left
 * but those that are shared, and after all of them nothing at all. `FLOW_FLAVOUR=thread` restricts a run to one flavour.
 */
export function describeEachFlavour(
  title: string,
  declare: (bed: FlavourBed) => void,
  options: { root?: RunOptions } = {},
): void {
  const only = process.env['FLOW_FLAVOUR']
  if (only !== undefined && !flavours.some(({ name }) => name === only)) {
    throw new Error(`FLOW_FLAVOUR: '${only}' is none of ${flavours.map(({ name }) => name).join(', ')}`)
  }
  for (const flavour of flavours.filter(({ name }) => only === undefined || only === name)) {
    const missing = supported.includes(flavour.name) ? '' : ': the engine does not have it yet'
    describe.skipIf(missing !== '')(`${title} (${flavour.name}${missing})`, () => {
      declare(openFlavourBed(flavour, options.root ?? {}))
    })
  }
}

interface SharedTree {
  readonly root: Root
  readonly nursery: Nursery
  readonly ended: Promise<void>
  readonly keeper: Portal<typeof keeps.functions> | undefined
  /** The shared actor, once a test has asked for it. */
  actor: Promise<Portal<typeof everything.functions>> | undefined
}

function openFlavourBed(flavour: Flavour, rootOptions: RunOptions): FlavourBed {
  const directories = openDirectories()
  let tree: SharedTree
  let uniqueCount = 0

  beforeAll(async () => {
    tree = await openSharedTree(flavour, rootOptions)
  })

  afterEach(async () => {
    let names: string[] = []
    const onlyShared = async () => {
      names = await actorNames()
      return names.every((name) => ['root', 'keeper', 'shared'].includes(name))
    }
    await waitUntil(onlyShared, {
      withinMs: 5_000,
      describe: () => ({ leftByTheTest: names }),
    })
  })

  afterAll(async () => {
    tree.nursery.cancel()
    try {
      await tree.ended
    } finally {
      await tree.root.close()
    }
    await directories.close()
  })

  const actorNames = async () => (await (await getRegistry()).list()).map(({ actor }) => actor.name).sort()

  async function start<F extends Functions>(
    nursery: Nursery,
    name: string,
    definition: Definition<F>,
    options: SpawnOptions = {},
  ): Promise<Portal<F>> {
    const spawn = { ...flavour.spawn, ...options }
    const { keeper } = tree
    if (keeper === undefined) return await nursery.startActor(name, definition, spawn)
    const ready = Promise.withResolvers<void>()
    const kept = nursery.startTask(async () => {
      await using open = await keeper.openContext('keep', name, definition.url, spawn)
      ready.resolve()
      await open.result()
    })
    kept.catch(ready.reject)
    await ready.promise
    return await waitForActor(name, definition)
  }

  return {
    ...flavour,
    whyNot: (capability) => (flavour[capability] ? '' : ` (${lacking[capability]})`),
    start,
    async withActor(definition, use, { name = 'actor', ...options } = {}) {
      await openNursery(async (nursery) => {
        await use(await start(nursery, name, definition, options))
        nursery.cancel()
      })
    },
    async shared<F extends Functions>(definition: Definition<F>) {
      if (!shared.some(({ url }) => url === definition.url))
        throw new Error(`${definition.url} is not among the shared`)
      tree.actor ??= start(tree.nursery, 'shared', everything)
      return (await tree.actor) as unknown as Portal<F>
    },
    unique: (name) => `${name} ${(uniqueCount += 1)}`,
    notes: directories.notes,
    readNotes: directories.readNotes,
    noted: (name, ending, count = 1) =>
      waitUntil(
        async () => (await directories.readNotes(name)).filter((line) => line.endsWith(ending)).length >= count,
        { describe: () => directories.readNotes(name) },
      ),
    actorNames,
    async processIdOf(name) {
      const all = await directories.running()
      const found = all.find(({ command }) => command === `flow ${name}`)
      if (found === undefined) throw new Error(`no process of actor '${name}' in ${JSON.stringify(all)}`)
      return found.pid
    },
  }
}

async function openSharedTree(flavour: Flavour, rootOptions: RunOptions): Promise<SharedTree> {
  const root = await openRoot({ name: 'root', ...flavour.root, ...rootOptions })
  const opened = Promise.withResolvers<Nursery>()
  const ended = openNursery(async (nursery) => {
    opened.resolve(nursery)
    // Until it is cancelled.
    await sleep(1e9)
  })
  // Looked at when the tests are over.
  ended.catch(() => undefined)
  const nursery = await opened.promise
  const keeper = flavour.byName ? await nursery.startActor('keeper', keeps) : undefined
  return { root, nursery, ended, keeper, actor: undefined }
}

const handles = new Set([
  'ProcessWrap',
  'PipeWrap',
  'PipeServerWrap',
  'PipeConnectWrap',
  'TCPSocketWrap',
  'TCPServerWrap',
])
const threadHandles = new Set(['MessagePort', 'Worker'])

/** The temporary directory that the tree and all its processes have, and one for notes. */
function openDirectories() {
  const sharedTemporary = tmpdir()
  let temporary = ''
  let notesDirectory = ''
  let openBefore = ''

  beforeAll(() => {
    temporary = mkdtempSync(join(sharedTemporary, 'actorflow-'))
    notesDirectory = mkdtempSync(join(sharedTemporary, 'actorflow-notes-'))
    process.env['TMPDIR'] = temporary
    openBefore = openHandles()
  })

  async function close(): Promise<void> {
    let left: unknown
    const nothing = async () => {
      const [running, files, open] = [await processesOf(temporary), await readdir(temporary), openHandles()]
      left = { running, files, handles: open === openBefore ? 'as before' : `${open}; before: ${openBefore}` }
      return running.length === 0 && files.length === 0 && open === openBefore
    }
    try {
      await waitUntil(nothing, { withinMs: 5_000, describe: () => ({ leftByTheTests: left }) })
    } finally {
      for (const { pid } of await processesOf(temporary)) process.kill(pid, 'SIGKILL')
      process.env['TMPDIR'] = sharedTemporary
      await rm(temporary, { recursive: true, force: true })
      await rm(notesDirectory, { recursive: true, force: true })
    }
  }

  const notes = (name: string) => join(notesDirectory, name)
  return {
    running: () => processesOf(temporary),
    notes,
    async readNotes(name: string) {
      const text = await readFile(notes(name), 'utf8').catch(() => '')
      return text.split('\n').filter((line) => line !== '')
    },
    close,
  }
}

function openHandles(): string {
  return process
    .getActiveResourcesInfo()
    .filter((name) => handles.has(name) || threadHandles.has(name))
    .sort()
    .join()
}
