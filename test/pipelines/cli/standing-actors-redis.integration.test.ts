import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openRedisBed } from '../../support/redis-bed.ts'
import { openTreeBed } from '../../support/tree.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type FlowEnding, type FlowProcess, startFlow } from './flow-process.ts'

const module = join(import.meta.dirname, '../../fixtures/actors/stands.ts')
const folder = temporaryFolder()
const { notes, readNotes } = openTreeBed()
const { address, expectNoKeys, expectKeysGone } = openRedisBed()

async function startActor(registry: string, ...args: string[]): Promise<FlowProcess> {
  const actor = startFlow(['actor', module, ...args], folder, { FLOW_REGISTRY: registry })
  await actor.saysOnStdout(' listens at ')
  return actor
}

async function flow(registry: string, ...args: string[]): Promise<FlowEnding> {
  await using command = startFlow(args, folder, { FLOW_REGISTRY: registry })
  return await command.ended()
}

const idOf = ({ stdout }: FlowProcess) => /\((\w+)\)/.exec(stdout)?.[1] ?? ''

describe('Standing actors with their registry on Redis', () => {
  afterEach(expectNoKeys)

  it('come, are called, listed and streamed from, and leave nothing behind', async () => {
    const registry = address()
    // Neither needs the other: whoever started first may go first.
    const [frank, donny] = await Promise.all([
      startActor(registry, '--name', 'frank', '--unique'),
      startActor(registry, '--name', 'donny', '--capability', 'gpu=true'),
    ])
    // A registry with a name in common: nobody says that he holds it himself.
    expect(frank.stderr).toBe('')
    expect(await flow(registry, 'call', 'frank', 'echo', '1')).toMatchObject({
      exitCode: 0,
      stdout: '[1]\n',
      stderr: '',
    })
    await using stream = startFlow(['stream', 'donny', 'stalls', JSON.stringify(notes('redis'))], folder, {
      FLOW_REGISTRY: registry,
    })
    await stream.saysOnStdout('"one"\n')
    const rows = (await flow(registry, 'ps', '--json')).stdout
      .trimEnd()
      .split('\n')
      .map((row) => JSON.parse(row))
    expect(rows).toMatchObject([
      { name: 'donny', streamCount: 1, capabilities: { gpu: true } },
      { name: 'frank', streamCount: 0, unique: true, fence: expect.any(Number) },
    ])
    await using follow = startFlow(['log', '--follow', '--actor', 'f*'], folder, { FLOW_REGISTRY: registry })
    await follow.saysOnStdout('registered frank')
    expect(await flow(registry, 'stop', 'frank')).toMatchObject({
      exitCode: 0,
      stdout: `frank (${idOf(frank)}) has left\n`,
    })
    expect(await frank.ended()).toMatchObject({ exitCode: 0 })
    await follow.saysOnStdout(`left       frank (${idOf(frank)})`)
    stream.ctrlC()
    expect(await stream.ended()).toMatchObject({ exitCode: 130, stderr: '' })
    expect(await readNotes('redis')).toEqual(['finally'])
    follow.ctrlC()
    expect(await follow.ended()).toMatchObject({ exitCode: 130, stderr: '' })
    expect(await flow(registry, 'stop', 'donny', '--drain')).toMatchObject({ exitCode: 0 })
    expect(await donny.ended()).toMatchObject({ exitCode: 0 })
  })

  it('may be killed and come again under the same name', async () => {
    const registry = address({ leaseMs: 1_000 })
    const frank = await startActor(registry, '--name', 'frank', '--unique')
    frank.kill('SIGKILL')
    await frank.ended()
    await rm(dirname(/unix:(\S+)/.exec(frank.stdout)?.[1] ?? ''), { recursive: true })
    // Found dead, whether or not his lease has run out.
    const { exitCode, stderr } = await flow(registry, 'call', 'frank', 'cellarDoor')
    expect(stderr).toMatch(/^flow: [^\n]*frank[^\n]*\n$/)
    expect(exitCode).toBe(1)
    const again = async () => {
      const next = startFlow(['actor', module, '--name', 'frank', '--unique'], folder, { FLOW_REGISTRY: registry })
      const isUp = waitUntil(() => next.stdout !== '' || next.stderr !== '', { describe: () => next.stderr })
      await isUp
      return next
    }
    let next = await again()
    // The name stays his own until the lease expires.
    await waitUntil(
      async () => {
        if (next.stdout !== '') return true
        await next.ended()
        next = await again()
        return false
      },
      { describe: () => next.stderr },
    )
    expect(await flow(registry, 'call', 'frank', 'cellarDoor')).toMatchObject({ exitCode: 0 })
    expect(await flow(registry, 'stop', 'frank')).toMatchObject({ exitCode: 0 })
    await next.ended()
    await expectKeysGone()
  })

  it('say which Redis does not answer, in a few seconds', async () => {
    const began = performance.now()
    const { exitCode, stderr } = await flow('redis://127.0.0.1:1', 'ps')
    expect(stderr).toMatch(/^flow: [^\n]*127\.0\.0\.1:1[^\n]*\n$/)
    expect(exitCode).toBe(1)
    await using actor = startFlow(['actor', module, '--registry', 'redis://127.0.0.1:1'], folder)
    expect(await actor.ended()).toMatchObject({ exitCode: 1, stdout: '' })
    expect(performance.now() - began).toBeLessThan(15_000)
  })
})
