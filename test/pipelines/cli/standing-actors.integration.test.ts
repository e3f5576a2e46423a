import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { leaveDeadSocket } from '../../support/dead-socket.ts'
import { openTreeBed } from '../../support/tree.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type FlowEnding, type FlowProcess, startFlow } from './flow-process.ts'

const module = join(import.meta.dirname, '../../fixtures/actors/stands.ts')
const main = join(import.meta.dirname, '../../../pipelines/cli/main.ts')
const folder = temporaryFolder()
const { notes, readNotes, processes, temporaryDirectory } = openTreeBed()

let count = 0
/** A socket of its own for each registry, where the tests look for what is left. */
const newSocket = () => `unix:${join(temporaryDirectory, `s${(count += 1)}.sock`)}`

/** A note that no other test has. */
const newNote = () => `note-${(count += 1)}`

async function startActor(args: readonly string[], registry?: string): Promise<FlowProcess> {
  const actor = startFlow(
    ['actor', module, ...args, ...(registry === undefined ? [] : ['--registry', registry])],
    folder,
  )
  await actor.saysOnStdout(' listens at ')
  return actor
}

/** Frank, who holds the registry himself, and where that is. */
async function startFrank(...args: string[]): Promise<{ frank: FlowProcess; registry: string }> {
  const registry = newSocket()
  return { frank: await startActor(['--name', 'frank', '--listen', registry, ...args]), registry }
}

async function flow(registry: string, ...args: string[]): Promise<FlowEnding> {
  await using command = startFlow(args, folder, { FLOW_REGISTRY: registry })
  return await command.ended()
}

const noted = (name: string, line: string) =>
  waitUntil(async () => (await readNotes(name)).includes(line), { describe: () => readNotes(name) })

describe('flow actor', () => {
  it('stands until it is asked to leave, and is called meanwhile', async () => {
    const { frank, registry } = await startFrank()
    expect(frank.stdout).toMatch(/^frank \(\w{12}\) listens at unix:\/\S+\n$/)
    await frank.saysOnStderr(`flow: it holds the registry itself: --registry ${registry}\n`)
    expect(await flow(registry, 'call', 'frank', 'cellarDoor')).toMatchObject({
      exitCode: 0,
      stdout: '"Dang that\'s beautiful"\n',
      stderr: '',
    })
    const { exitCode, stdout } = await flow(registry, 'stop', 'frank', '--reason', 'enough')
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: frank.stdout.replace(/ listens at .*/, ' has left') })
    const ending = await frank.ended()
    expect(ending.exitCode).toBe(0)
    expect(ending.stderr).toMatch(/\nflow: frank was asked to leave by flow \(\w+\): enough\n$/)
  })

  it.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends in order at %s: the finally of its calls has run', async ([signal, code]) => {
    const name = newNote()
    const { frank, registry } = await startFrank()
    const call = startFlow(['call', 'frank', 'wait', JSON.stringify(notes(name)), '60000'], folder, {
      FLOW_REGISTRY: registry,
    })
    await noted(name, 'waits')
    frank.kill(signal)
    expect(await frank.ended()).toMatchObject({ exitCode: code, signal: null })
    expect(await readNotes(name)).toEqual(['waits', 'cancelled'])
    const { exitCode, stderr } = await call.ended()
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^flow: [^\n]+\n$/)
  })

  it('says what crashed it, and ends with 1', async () => {
    const { frank, registry } = await startFrank()
    await flow(registry, 'call', 'frank', 'crash')
    const { exitCode, stderr } = await frank.ended()
    expect(stderr).toMatch(/\nflow: frank \(\w+\) crashed\nError: boom\n {4}at .*stands\.ts:\d+/)
    expect(exitCode).toBe(1)
  })

  it('registers with another, alone under its name if it wants that', async () => {
    const { frank, registry } = await startFrank()
    const donny = await startActor(['--name', 'donny', '--unique', '--capability', 'gpu=true'], registry)
    await using second = startFlow(['actor', module, '--name', 'donny', '--registry', registry], folder)
    const { exitCode, stderr, stdout } = await second.ended()
    expect(stderr).toMatch(/^flow: the name 'donny' is taken by actor 'donny' \(\w+\), process \d+ on \S+\n$/)
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect((await flow(registry, 'call', 'donny', 'whoAmI', '--capability', 'gpu=true')).stdout).toMatch(
      /^{"name":"donny"/,
    )
    expect(await flow(registry, 'call', 'donny', 'whoAmI', '--capability', 'gpu=false')).toMatchObject({ exitCode: 1 })
    for (const each of [donny, frank]) {
      each.kill('SIGTERM')
      await each.ended()
    }
  })

  it.for([
    ['none.ts', [], /^flow: none\.ts: no such file\n$/],
    [
      'empty.mjs',
      ['export {}'],
      /^flow: empty\.mjs: it exports no actor definition: add export default defineActor\(.*\n$/,
    ],
    [
      'throws.mjs',
      ['throw new Error("while it loads")'],
      /^Error: while it loads\n {4}at .*throws\.mjs:1[^]*\nflow: throws\.mjs cannot be loaded\n$/,
    ],
    ['wrong.mjs', ['export default 1 +'], /^SyntaxError: [^]*\nflow: wrong\.mjs cannot be loaded\n$/],
  ] as const)('says what is wrong with %s, and ends with 2', async ([file, lines, text]) => {
    if (lines.length > 0) writeFileSync(join(folder, file), lines.join('\n'))
    await using actor = startFlow(['actor', file], folder)
    const { exitCode, stdout, stderr } = await actor.ended()
    expect(stderr).toMatch(text)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  })

  it('refuses a module with a copy of the package that is not the one of the command', async () => {
    const other = join(folder, 'other/node_modules/actorflow')
    mkdirSync(other, { recursive: true })
    writeFileSync(join(other, 'package.json'), '{ "name": "actorflow", "type": "module", "exports": "./index.js" }')
    writeFileSync(join(other, 'index.js'), 'export const defineActor = (url, functions) => ({ url, functions })')
    writeFileSync(
      join(folder, 'other/film.mjs'),
      "import { defineActor } from 'actorflow'\nexport default defineActor('', {})",
    )
    await using actor = startFlow(['actor', 'other/film.mjs'], folder)
    const { exitCode, stderr } = await actor.ended()
    expect(stderr).toMatch(
      /^flow: other\/film\.mjs: it uses the actorflow of \S+other\/node_modules\S+, and this is .*npx flow.*\n$/,
    )
    expect(exitCode).toBe(2)
  })

  it('tells others what it is told to advertise', async () => {
    const where = ['--listen', 'tcp://127.0.0.1:0', '--advertise', 'tcp://films.example:0']
    await using actor = startFlow(['actor', module, ...where], folder)
    await actor.saysOnStdout(' listens at ')
    expect(actor.stdout).toMatch(/ listens at tcp:\/\/films\.example:[1-9]\d*\n$/)
    actor.kill('SIGTERM')
    await actor.ended()
  })

  it('does not listen for strangers', async () => {
    await using actor = startFlow(['actor', module, '--listen', 'tcp://0.0.0.0:0'], folder)
    expect(await actor.ended()).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('set a token (FLOW_TOKEN)'),
    })
  })
})

describe('A command of flow', () => {
  it('takes away the run directories that killed ones have left, a while ago', async () => {
    const temporary = join(folder, 'temporary')
    const stale = join(temporary, 'flow-abc123')
    mkdirSync(stale, { recursive: true, mode: 0o700 })
    const path = join(stale, 'root.sock')
    leaveDeadSocket(path)
    const before = new Date(Date.now() - 3_600_000)
    utimesSync(path, before, before)
    await using ps = startFlow(['ps', '--registry', `unix:${join(folder, 'nobody.sock')}`], folder, {
      TMPDIR: temporary,
    })
    expect(await ps.ended()).toMatchObject({ exitCode: 1 })
    expect(readdirSync(temporary)).toEqual([])
  })
})

describe('flow call', () => {
  it('prints whatever comes as a line of JSON, and errors with who threw them', async () => {
    const { frank, registry } = await startFrank()
    expect(await flow(registry, 'call', 'frank', 'echo', '-1', '"two"', '{"three":[null]}')).toMatchObject({
      stdout: '[-1,"two",{"three":[null]}]\n',
      exitCode: 0,
    })
    expect((await flow(registry, 'call', 'frank', 'others')).stdout).toBe(
      '{"big":"100000000000000000000","bytes":"aGVsbG8=","map":[["a","1970-01-01T00:00:00.000Z"]],"nan":"NaN"}\n',
    )
    const failed = await flow(registry, 'call', 'frank', 'fails')
    expect(failed).toMatchObject({ exitCode: 1, stdout: '' })
    expect(failed.stderr).toMatch(/^flow: frank \(\w+\) threw RangeError: not this \ufffd\[2J one\n$/)
    expect((await flow(registry, 'call', 'frank', 'cellar')).stderr).toMatch(
      /^flow: frank \(\w+\) does not expose 'cellar'; it has cellarDoor, echo, /,
    )
    expect((await flow(registry, 'call', 'frank', 'count')).stderr).toMatch(/use flow stream for 'count'\n$/)
    const name = newNote()
    const late = await flow(
      registry,
      'call',
      'frank',
      'wait',
      JSON.stringify(notes(name)),
      '60000',
      '--timeout',
      '300ms',
    )
    expect(late).toMatchObject({ exitCode: 1, stdout: '' })
    expect(late.stderr).toMatch(/^flow: 'wait' of frank \(\w+\) is not done within 300 ms\n$/)
    expect(await readNotes(name)).toEqual(['waits', 'cancelled'])
    frank.kill('SIGTERM')
    await frank.ended()
  })

  it('says that nobody is where the registry was to be', async () => {
    const { exitCode, stderr } = await flow(newSocket(), 'call', 'frank', 'cellarDoor')
    expect(stderr).toMatch(/^flow: the registry 'unix:\S+' is not available: connect ENOENT .*\n$/)
    expect(exitCode).toBe(1)
  })

  it('does not wait long for somebody who says nothing, and says what would be right', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => sockets.push(socket.resume())).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await using command = startFlow(['ps', '--registry', `tcp://127.0.0.1:${port}`], folder)
    const { exitCode, stderr } = await command.ended()
    for (const socket of sockets) socket.destroy()
    server.close()
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr:
        `flow: the registry 'tcp://127.0.0.1:${port}' is not available: whoever listens there has not said within 3000 ms ` +
        'that it is an actor: name where one listens, or redis://host:port\n',
    })
  })

  it('proves to know the token, and finds an actor that listens over TCP', async () => {
    const token = { FLOW_TOKEN: 'a long one that nobody guesses' }
    await using frank = startFlow(['actor', module, '--name', 'frank', '--listen', 'tcp://127.0.0.1:0'], folder, token)
    await frank.saysOnStdout(' listens at ')
    const registry = /tcp:\S+/.exec(frank.stdout)?.[0] ?? ''
    await using call = startFlow(['call', 'frank', 'cellarDoor', '--registry', registry], folder, token)
    expect(await call.ended()).toMatchObject({ exitCode: 0 })
    const without = await flow(registry, 'call', 'frank', 'cellarDoor')
    expect(without).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('FLOW_TOKEN') })
    frank.kill('SIGTERM')
    await frank.ended()
  })
})

describe('flow stream', () => {
  it('ends the generator when its reader has what it wants, which is no failure', async () => {
    const { frank, registry } = await startFrank()
    const name = newNote()
    const command = `"${process.execPath}" "${main}" stream frank count '${JSON.stringify(notes(name))}' | head -n 3; echo \${PIPESTATUS[@]}`
    const shell = spawn('bash', ['-c', command], { env: { ...process.env, NODE_OPTIONS: '', FLOW_REGISTRY: registry } })
    let stdout = ''
    let stderr = ''
    shell.stdout.on('data', (chunk) => (stdout += String(chunk)))
    shell.stderr.on('data', (chunk) => (stderr += String(chunk)))
    await once(shell, 'close')
    expect({ stdout, stderr }).toEqual({ stdout: '0\n1\n2\n0 0\n', stderr: '' })
    // It was waited for: its finally has run.
    expect((await readNotes(name)).at(-1)).toBe('finally')
    frank.kill('SIGTERM')
    await frank.ended()
  })

  it('holds the generator where a slow reader wants no more', async () => {
    const { frank, registry } = await startFrank()
    const name = newNote()
    const args = [main, 'stream', 'frank', 'count', JSON.stringify(notes(name)), '--registry', registry]
    const reader = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(reader.stdout, 'readable')
    // Until nothing moves any more.
    let before = -1
    const still = async () => {
      const now = (await readNotes(name)).length
      const isStill = now === before && now > 0
      before = now
      await new Promise((resolve) => setTimeout(resolve, 300))
      return isStill
    }
    await waitUntil(still, { describe: () => readNotes(name) })
    const heldAt = Number((await readNotes(name)).at(-1))
    // The window of 4096 items, a batch in hand, and the bytes that a pipe and Node's streams hold at seven bytes a line.
    expect(heldAt).toBeLessThan(100_000)
    reader.stdout.resume()
    await waitUntil(async () => Number((await readNotes(name)).at(-1)) > heldAt + 100_000, {
      describe: () => readNotes(name),
    })
    reader.kill('SIGINT')
    expect((await once(reader, 'close'))[0]).toBe(130)
    expect((await readNotes(name)).at(-1)).toBe('finally')
    frank.kill('SIGTERM')
    await frank.ended()
  })

  it('ends with the signal when its reader reads no more', async () => {
    const { frank, registry } = await startFrank()
    const name = newNote()
    const args = [main, 'stream', 'frank', 'count', JSON.stringify(notes(name)), '--registry', registry]
    const reader = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(reader.stdout, 'readable')
    reader.kill('SIGTERM')
    expect((await once(reader, 'exit'))[0]).toBe(143)
    await noted(name, 'finally')
    reader.stdout.destroy()
    frank.kill('SIGTERM')
    await frank.ended()
  })

  it('leaves in order at ctrl-c, also while nothing comes', async () => {
    const { frank, registry } = await startFrank()
    const name = newNote()
    await using stream = startFlow(['stream', 'frank', 'stalls', JSON.stringify(notes(name))], folder, {
      FLOW_REGISTRY: registry,
    })
    await stream.saysOnStdout('"one"\n')
    stream.ctrlC()
    expect(await stream.ended()).toMatchObject({ exitCode: 130, stdout: '"one"\n', stderr: '' })
    expect(await readNotes(name)).toEqual(['finally'])
    frank.kill('SIGTERM')
    await frank.ended()
  })

  it('says that the actor has gone in the middle', async () => {
    const { frank, registry } = await startFrank()
    await using stream = startFlow(['stream', 'frank', 'stalls', JSON.stringify(notes(newNote()))], folder, {
      FLOW_REGISTRY: registry,
    })
    await stream.saysOnStdout('"one"\n')
    frank.kill('SIGKILL')
    const { exitCode, stderr } = await stream.ended()
    expect(stderr).toMatch(/^flow: the channel to actor 'frank' \(\w+\) broke: [^\n]*\n$/)
    expect(exitCode).toBe(1)
    await frank.ended()
    // What a root that is killed leaves.
    for (const left of await readdir(temporaryDirectory)) await rm(join(temporaryDirectory, left), { recursive: true })
  })
})

describe('flow ps, flow log and flow stop', () => {
  it('show who is there, what they do and what has happened, and end them', async () => {
    const { frank, registry } = await startFrank()
    const [one, two] = await Promise.all([
      startActor(['--name', 'donny', '--capability', 'gpu=true', '--capability', 'zone=eu'], registry),
      startActor(['--name', 'donny'], registry),
    ])
    const name = newNote()
    await using stream = startFlow(['stream', 'frank', 'count', JSON.stringify(notes(name))], folder, {
      FLOW_REGISTRY: registry,
    })
    await stream.saysOnStdout('\n1000\n')
    await using follow = startFlow(['log', '--follow', '--actor', 'd*'], folder, { FLOW_REGISTRY: registry })
    await follow.saysOnStdout('registered donny')
    await using changes = startFlow(['ps', '--watch'], folder, { FLOW_REGISTRY: registry })
    await changes.saysOnStdout('"donny"')

    // None of the commands is there itself.
    const listed = await flow(registry, 'ps')
    const [, ...lines] = listed.stdout.trimEnd().split('\n')
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['donny', 'donny', 'frank'])
    expect(listed.stdout).toMatch(/\ndonny .* gpu=true zone=eu\n/)
    expect(listed.stdout).toMatch(/\nfrank +\w+ +\S+ +\d+ +\S+ \S+ +0 +1 +0\/s +[\d.]+[kM]?\/s\n/)
    const rows = (await flow(registry, 'ps', '--json')).stdout
      .trimEnd()
      .split('\n')
      .map((row) => JSON.parse(row))
    expect(rows.at(-1)).toMatchObject({ name: 'frank', streamCount: 1, callCount: 0, itemsInPerSecond: 0 })
    expect(rows.at(-1).itemsOutPerSecond).toBeGreaterThan(1_000)

    // A frozen one is shown as such, in time.
    process.kill(rows[0].pid, 'SIGSTOP')
    try {
      const { stdout, exitCode } = await flow(registry, 'ps')
      expect(stdout).toMatch(/\ndonny .* \? .* does not answer: .*\n/)
      expect(exitCode).toBe(0)
    } finally {
      process.kill(rows[0].pid, 'SIGCONT')
    }

    const refused = await flow(registry, 'stop', 'donny')
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' })
    expect(refused.stderr).toMatch(
      /^flow: 2 actors are called 'donny': name an id, or give --all: \w+ \(process \d+ on /,
    )
    expect(await flow(registry, 'stop', rows[0].id)).toMatchObject({
      exitCode: 0,
      stdout: `donny (${rows[0].id}) has left\n`,
    })
    expect(await flow(registry, 'stop', 'donny', '--all')).toMatchObject({ exitCode: 0 })
    expect(await flow(registry, 'stop', 'donny')).toMatchObject({ exitCode: 1 })
    await Promise.all([one.ended(), two.ended()])

    await follow.saysOnStdout(`left       donny (${rows[1].id})`)
    await changes.saysOnStdout(`{"kind":"left","name":"donny","id":"${rows[1].id}"`)
    for (const command of [follow, changes, stream]) {
      command.kill('SIGINT')
      expect(await command.ended()).toMatchObject({ exitCode: 130, stderr: '' })
    }
    const log = (await flow(registry, 'log', '--json', '--since', '10m')).stdout.trimEnd().split('\n')
    const events = log.map((line) => JSON.parse(line)).map(({ kind, actor }) => `${kind} ${actor.name}`)
    expect(events).toEqual(['registered frank', 'registered donny', 'registered donny', 'left donny', 'left donny'])
    frank.kill('SIGTERM')
    await frank.ended()
    expect(await processes()).toEqual([])
  })

  it('let an actor finish what it does', async () => {
    const { frank, registry } = await startFrank()
    const name = newNote()
    const call = startFlow(['call', 'frank', 'wait', JSON.stringify(notes(name)), '1500'], folder, {
      FLOW_REGISTRY: registry,
    })
    await noted(name, 'waits')
    expect(await flow(registry, 'stop', 'frank', '--drain')).toMatchObject({ exitCode: 0 })
    expect(await call.ended()).toMatchObject({ exitCode: 0, stdout: '"done"\n' })
    expect(await readNotes(name)).toEqual(['waits', 'done'])
    expect(await frank.ended()).toMatchObject({ exitCode: 0 })
  })
})
