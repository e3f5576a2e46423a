import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openTreeBed } from '../../support/tree.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type FlowEnding, startFlow } from './flow-process.ts'

const fixtures = join(import.meta.dirname, '../../fixtures')
const folder = temporaryFolder()
openTreeBed()

const certificatesOf = (name: string) => [
  `--tls-cert=${join(fixtures, 'certificates', `${name}.crt`)}`,
  `--tls-key=${join(fixtures, 'certificates', `${name}.key`)}`,
  `--tls-ca=${join(fixtures, 'certificates/authority.crt')}`,
]

async function flow(...args: string[]): Promise<FlowEnding> {
  await using command = startFlow(args, folder)
  return await command.ended()
}

describe('A standing actor with certificates', () => {
  it('lets those in that have one, and no others', async () => {
    const listen = ['--listen', 'tcp://127.0.0.1:0', ...certificatesOf('actor')]
    await using frank = startFlow(['actor', join(fixtures, 'actors/stands.ts'), '--name', 'frank', ...listen], folder)
    await frank.saysOnStdout(' listens at ')
    const call = ['call', 'frank', 'cellarDoor', '--registry', /tcp:\S+/.exec(frank.stdout)?.[0] ?? '']
    expect(await flow(...call, ...certificatesOf('actor'))).toMatchObject({ exitCode: 0, stderr: '' })
    for (const others of [[], certificatesOf('stranger')]) {
      const refused = await flow(...call, ...others)
      expect(refused).toMatchObject({ exitCode: 1, stdout: '' })
      expect(refused.stderr).toMatch(/^flow: [^\n]+\n$/)
    }
    frank.kill('SIGTERM')
    await frank.ended()
  })

  it('is not even looked for without all three files', async () => {
    const half = await flow('ps', '--registry', 'tcp://127.0.0.1:1', ...certificatesOf('actor').slice(0, 2))
    expect(half).toMatchObject({
      exitCode: 2,
      stderr: 'flow: TLS needs all three: --tls-cert, --tls-key and --tls-ca\n',
    })
    const none = await flow('ps', '--registry', 'tcp://127.0.0.1:1', ...certificatesOf('nobody'))
    expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/nobody\.(crt|key): no such file\n$/) })
  })
})
