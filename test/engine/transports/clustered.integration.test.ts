import { describe, expect, it } from 'vitest'
import { startProgram } from '../../support/program.ts'

describe('The workers of a cluster of node', () => {
  it('listen each for themselves, though cluster has servers share their ports', async () => {
    const { exitCode, stdout, stderr } = await startProgram('forks-workers.ts').ended
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const addresses = JSON.parse(stdout) as string[]
    expect(addresses).toEqual([expect.stringMatching(/^tcp:/), expect.stringMatching(/^tcp:/)])
    expect(new Set(addresses).size).toBe(2)
  })
})
