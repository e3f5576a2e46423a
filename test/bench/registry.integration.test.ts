import { expect, it } from 'vitest'
import { openRedisBed } from '../support/redis-bed.ts'
import { runProgram } from '../support/run-program.ts'

const bed = openRedisBed()

it('The bench of the registry says what it measured, and leaves nothing behind', async () => {
  const few = ['--actors', '5', '--names', '120', '--look-ups', '20']
  const env = { REDIS_URL: bed.address().replace(/\?.*$/, '') }
  const { exitCode, stdout, stderr, leftBehind } = await runProgram('node', ['bench/registry.ts', ...few], { env })
  expect({ exitCode, stderr, leftBehind }).toEqual({ exitCode: 0, stderr: '', leftBehind: [] })
  expect(stdout).toMatch(/^5 actors register at once .* ms\n[^]*\nfindActor among 120 names +p50 .* ms, p99 .* ms/)
  expect(await bed.client.keys('flow:{bench-*')).toEqual([])
})
