import { describe, expect, it } from 'vitest'
import { DebuggerClient } from '../support/debugger-client.ts'
import { startProgram } from '../support/program.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('A tree that is debugged', () => {
  openTreeBed()

  it('holds an actor where its function throws, says so, and goes on when a debugger has had its look', async () => {
    const program = startProgram('debugs.ts')
    const held = () =>
      /actor 'failing' \(\w+\) threw RangeError: secret of fail .*(ws:\/\/\S+);/.exec(program.output().stderr)
    await waitUntil(held, { withinMs: 30_000, describe: program.output })
    const debug = await DebuggerClient.connect(held()?.[1] ?? '')
    await debug.post('Debugger.enable')
    for (const what of ['fail', 'failLater', 'failInContext']) {
      const paused = await debug.paused()
      expect(paused.callFrames[0]?.functionName).toBe('fail')
      expect(await debug.evaluate(paused, 'secret')).toBe(`secret of ${what}`)
      await debug.post('Debugger.resume')
    }
    expect(await program.ended).toMatchObject({
      exitCode: 0,
      stdout: 'run: secret of fail\nstream after 1: secret of failLater\ncontext: secret of failInContext\nthe end\n',
    })
    debug.close()
  })

  it('is gone after two ctrl-c, though an actor of it is held', async () => {
    const program = startProgram('debugs.ts')
    await waitUntil(() => program.output().stderr.includes('it is held there'), {
      withinMs: 30_000,
      describe: program.output,
    })
    program.pressCtrlC()
    // Two signals of a kind that come too close together are one.
    await waitUntil(() => program.output().stdout.includes('ctrl-c'), { describe: program.output })
    program.pressCtrlC()
    expect(await program.ended).toMatchObject({ exitCode: 130 })
  })
})
