import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const engine = join(import.meta.dirname, '../../engine')

const program = `
import { ItemPacker } from ${JSON.stringify(join(engine, 'item-packer.ts'))}
import { ItemUnpacker } from ${JSON.stringify(join(engine, 'item-unpacker.ts'))}
const packer = new ItemPacker()
for (let id = 0; id < 40; id += 1) packer.add({ id, name: 'a name' })
let refused
try { new Function('') } catch (error) { refused = error.name }
const items = new ItemUnpacker({ maxFrameBytes: 1_000_000 }).unpack(packer.takeRun())
console.log(JSON.stringify({ refused, items }))
`

it('reads records in a program that forbids code from texts', { timeout: 60_000 }, async () => {
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, flags)
  expect(JSON.parse(stdout)).toEqual({
    refused: 'EvalError',
    items: Array.from({ length: 40 }, (_, id) => ({ id, name: 'a name' })),
  })
})
