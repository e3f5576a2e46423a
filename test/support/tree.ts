import { mkdtempSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import {
  type Definition,
  type Functions,
  type Nursery,
  openNursery,
  type Portal,
  type RunOptions,
  run,
} from '../../index.ts'
import { processesOf, type RunningProcess } from './processes.ts'
import { waitUntil } from './wait-until.ts'

/** What a test file has for its trees of actors. */
export interface TreeBed {
  /** Runs `main` as a root actor in this process. */
  tree<T>(main: () => Promise<T>, options?: RunOptions): Promise<T>
  /** The same with a nursery in it. */
  nursery<T>(body: (nursery: Nursery) => Promise<T>, options?: RunOptions): Promise<T>
  /** The same with one actor in it, called 'actor'. */
  withActor<F extends Functions>(
    definition: Definition<F>,
    use: (portal: Portal<F>) => Promise<void>,
    options?: RunOptions,
  ): Promise<void>
  /** All processes that the tests of this file have started and that still run. */
  processes(): Promise<RunningProcess[]>
  /** The process of the actor of that name. */
  processOf(name: string): Promise<RunningProcess>
  /** A path for a file that actors write and the test reads. */
  notes(name: string): string
  /** The lines in such a file so far. */
  readNotes(name: string): Promise<string[]>
  readonly temporaryDirectory: string
}

const handles = new Set(['ProcessWrap', 'PipeWrap', 'PipeServerWrap', 'PipeConnectWrap', 'TCPSocketWrap'])

/**
 * Gives a test file a temporary directory of its own, and checks after each test that nothing is left: no process, no
 * run directory, no open handle.
 */
export function openTreeBed(): TreeBed {
  const sharedTemporaryDirectory = tmpdir()
  const temporaryDirectory = mkdtempSync(join(sharedTemporaryDirectory, 'actorflow-'))
  const notesDirectory = mkdtempSync(join(sharedTemporaryDirectory, 'actorflow-notes-'))
  let openBefore = ''

  beforeAll(() => {
    process.env['TMPDIR'] = temporaryDirectory
  })

  beforeEach(() => {
    openBefore = openHandles()
  })

  afterEach(async () => {
    try {
      await assertNothingIsLeft()
    } finally {
      for (const { pid } of await processesOf(temporaryDirectory)) process.kill(pid, 'SIGKILL')
      for (const name of await readdir(temporaryDirectory)) {
        await rm(join(temporaryDirectory, name), { recursive: true, force: true })
      }
    }
  })

  afterAll(async () => {
    process.env['TMPDIR'] = sharedTemporaryDirectory
    await rm(temporaryDirectory, { recursive: true, force: true })
    await rm(notesDirectory, { recursive: true, force: true })
  })

  const processes = () => processesOf(temporaryDirectory)

  async function assertNothingIsLeft(): Promise<void> {
    let left: unknown
    const nothing = async () => {
      const running = await processes()
      const files = await readdir(temporaryDirectory, { recursive: true })
      const open = openHandles()
      left = { running, files, handles: open === openBefore ? 'as before' : `${open}; before: ${openBefore}` }
      return running.length === 0 && files.length === 0 && open === openBefore
    }
    await waitUntil(nothing, { withinMs: 5_000, describe: () => ({ leftByTheTest: left }) })
  }

  async function processOf(name: string): Promise<RunningProcess> {
    const all = await processes()
    const found = all.find(({ command }) => command === `flow ${name}`)
    if (found === undefined) throw new Error(`no process of actor '${name}' in ${JSON.stringify(all)}`)
    return found
  }

  const tree = <T>(main: () => Promise<T>, options: RunOptions = {}) => run(main, { signals: false, ...options })

  return {
    tree,
    nursery: (body, options) => tree(() => openNursery(body), options),
    async withActor(definition, use, options) {
      const body = async (nursery: Nursery) => {
        const portal = await nursery.startActor('actor', definition)
        await use(portal)
        await portal.cancelActor()
      }
      await tree(() => openNursery(body), options)
    },
    processes,
    processOf,
    notes: (name) => join(notesDirectory, name),
    async readNotes(name) {
      const text = await readFile(join(notesDirectory, name), 'utf8').catch(() => '')
      return text.split('\n').filter((line) => line !== '')
    },
    temporaryDirectory,
  }
}

function openHandles(): string {
  return process
    .getActiveResourcesInfo()
    .filter((name) => handles.has(name))
    .sort()
    .join()
}
