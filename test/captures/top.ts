import { EventEmitter } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { openGuest } from '../../pipelines/cli/guest.ts'
import { topCommand } from '../../pipelines/cli/top-command.ts'
import { startFlow } from '../pipelines/cli/flow-process.ts'
import { waitUntil } from '../support/wait-until.ts'
import { document, isSettled, shown } from './watched.ts'

/** `flow top` on a terminal of 132 columns: a pipeline and a standing actor, each a program of its own. */
export async function captureTop(afterSeconds = 4): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'capture-'))
  const registry = `unix:${join(folder, 'frank.sock')}`
  try {
    await using frank = startFlow(
      ['actor', join(import.meta.dirname, '../../examples/film.ts'), '--name', 'frank', '--listen', registry],
      folder,
    )
    await frank.saysOnStdout(' listens at ')
    await using run = startFlow(['run', document, '--view', 'none', '--registry', registry], folder)
    const picture = await pictureOf(registry, afterSeconds)
    for (const program of [run, frank]) {
      program.kill('SIGTERM')
      await program.ended()
    }
    return shown(picture)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function pictureOf(registry: string, afterSeconds: number): Promise<string> {
  let written = ''
  const terminal = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk)
      done()
    },
  })
  const stdout = Object.assign(terminal, { isTTY: true, columns: 132, rows: 24 })
  const keys = Object.assign(new EventEmitter(), {
    isTTY: true,
    setEncoding: () => {},
    resume: () => {},
    pause: () => {},
  })
  const leaves = (code: number) => {
    throw new Error(`flow top is left with ${code}`)
  }
  const ended = topCommand(
    undefined,
    { registry },
    {
      stdout,
      stdin: keys,
      stderr: process.stderr,
      environment: {},
      join: openGuest,
      findSockets: async () => [],
      now: Date.now,
      onSignal: () => ({ [Symbol.dispose]: () => {} }),
      exit: leaves,
      exitSoon: leaves,
      suspend: () => {},
    },
  )
  const newest = () => stripVTControlCharacters(written.split('\x1b[H').at(-1) ?? '').replaceAll('\r', '')
  const isReady = () => isSettled(newest(), afterSeconds) && /^frank .*\/s/m.test(newest())
  await waitUntil(isReady, { withinMs: 30_000, describe: newest })
  const picture = newest()
  keys.emit('data', 'q')
  await ended
  return picture
}
