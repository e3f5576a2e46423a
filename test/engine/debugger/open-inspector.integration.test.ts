import { afterEach, describe, expect, it } from 'vitest'
import { DebuggerClient } from '../../support/debugger-client.ts'
import { type Program, startProgram } from '../../support/program.ts'
import { waitUntil } from '../../support/wait-until.ts'

const running = new Set<Program>()

function start(): Program {
  const program = startProgram('throws-while-debugged.ts')
  running.add(program)
  void program.ended.then(() => running.delete(program))
  return program
}

afterEach(async () => {
  for (const program of running) {
    program.kill('SIGKILL')
    await program.ended
  }
})

async function heldTimes(program: Program, count: number): Promise<string> {
  const held = () =>
    program
      .output()
      .stderr.split('\n')
      .filter((line) => line.includes('it is held there'))
  await waitUntil(() => held().length === count, { describe: () => program.output() })
  return held().at(-1) ?? ''
}

describe('An actor that is debugged', () => {
  it('stands still where its functions throw, for a debugger to look around and resume', async () => {
    const program = start()
    const line = await heldTimes(program, 1)
    expect(line).toMatch(
      /^actorflow: actor 'parser' \(ab12\) threw Error: thrown at once in \(anonymous\) \(file:.*\.ts:\d+:\d+\)/,
    )
    expect(program.output().stdout).toBe(
      "caught: in time\nfine: text\ncancelled: threw ContextCancelledError: cancelled by actor 'parser' (ab12): enough\n",
    )

    const url = /ws:[^\s;]+/.exec(line)?.[0] ?? ''
    const client = await DebuggerClient.connect(url)
    await client.post('Runtime.enable')
    await client.post('Debugger.enable')

    const sync = await client.paused()
    expect(await client.evaluate(sync, 'thrownError.message')).toBe('thrown at once')
    expect(await client.evaluate(sync, 'secret')).toBe('sync secret')
    await client.post('Debugger.resume')

    const async = await client.paused()
    expect(async.callFrames[0]?.functionName).toBe('parse')
    expect(await client.evaluate(async, '[text, lineNumber].join()')).toBe(',42')
    await client.post('Debugger.resume')

    const stream = await client.paused()
    expect(stream.data.description).toContain('TypeError: an empty text')
    await client.post('Debugger.resume')

    const ending = await program.ended
    expect(ending).toMatchObject({ exitCode: 0, signal: null })
    expect(ending.stdout.split('\n').slice(3)).toEqual([
      'sync: threw Error: thrown at once',
      'async: threw TypeError: an empty text',
      'stream: threw TypeError: an empty text',
      'the end',
      '',
    ])
    client.close()
  })

  it('is held again for a debugger that comes later', async () => {
    const program = start()
    for (let count = 1; count <= 3; count += 1) {
      const url = /ws:[^\s;]+/.exec(await heldTimes(program, count))?.[0] ?? ''
      const client = await DebuggerClient.connect(url)
      await client.post('Debugger.enable')
      await client.paused()
      await client.post('Debugger.resume')
      // The last one stays: Node may crash (in WsHandler::OnCloseFrameWritten) if it goes just when its inspector is closed.
      if (count < 3) client.close()
    }
    expect(await program.ended).toMatchObject({
      exitCode: 0,
      signal: null,
      stdout: expect.stringContaining('the end\n'),
    })
  })
})
