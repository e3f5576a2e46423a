import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startProgram } from '../../support/program.ts'

const addresses = [`unix:${join(tmpdir(), `rests-${process.pid}.sock`)}`, 'tcp://127.0.0.1:0', 'memory', 'port']

describe.each(addresses)('A program with a connection over %s', (address) => {
  it('ends while the connection is open, if neither it nor its listener is to keep it alive', async () => {
    const { stdout, stderr, exitCode } = await startProgram('rests.ts', address).ended
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: 'ended\n', stderr: '', exitCode: 0 })
  })

  it('goes on while the connection is open, if it is to keep it alive', async () => {
    const { stdout, stderr, exitCode } = await startProgram('rests.ts', address, 'keeps').ended
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: 'is kept alive\nended\n', stderr: '', exitCode: 0 })
  })
})
