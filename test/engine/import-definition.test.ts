import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { importDefinition } from '../../engine/index.ts'
import { temporaryFolder } from '../pipelines/temporary-folder.ts'

const folder = temporaryFolder()

/** A module with these exports; definitions are recognised by what they are, whoever made them. */
function moduleOf(name: string, ...lines: string[]): string {
  const path = join(folder, `${name}.mjs`)
  const define =
    'const define = (...names) => ({ kind: "actorflow.definition", url: import.meta.url, functions: Object.fromEntries(names.map((name) => [name, () => name])) })'
  writeFileSync(path, [define, ...lines].join('\n'))
  return pathToFileURL(path).href
}

const namesOf = async (url: string, exportName?: string) =>
  Object.keys((await importDefinition(url, exportName)).functions)

describe('The definition of a module', () => {
  it('is its default, the only one, or the one that is named', async () => {
    const both = moduleOf('both', 'export const other = define("b")', 'export default define("a")')
    expect(await namesOf(both)).toEqual(['a'])
    expect(await namesOf(both, 'other')).toEqual(['b'])
    expect(await namesOf(both, 'default')).toEqual(['a'])
    const only = moduleOf('only', 'export const one = define("a")', 'export { one as same }', 'export const two = 2')
    expect(await namesOf(only)).toEqual(['a'])
  })

  it('is missed with what would be right', async () => {
    const none = moduleOf('none', 'export const two = 2')
    await expect(importDefinition(none)).rejects.toThrow(/exports no actor definition: add export default defineActor/)
    await expect(importDefinition(none, 'two')).rejects.toThrow(
      "its export 'two' is no actor definition: it exports none",
    )
    const several = moduleOf('several', 'export const a = define("a")', 'export const b = define("b")')
    await expect(importDefinition(several)).rejects.toThrow(
      /several actor definitions \(a, b\): say which one, as in file\.ts#a/,
    )
    await expect(importDefinition(several, 'c')).rejects.toThrow(
      /no export 'c' that is an actor definition: there is a, b/,
    )
    await expect(importDefinition(several)).rejects.toMatchObject({ code: 'FLOW_USAGE' })
  })

  it('passes on what the module throws', async () => {
    const throws = moduleOf('throws', 'throw new RangeError("while it loads")')
    await expect(importDefinition(throws)).rejects.toThrow(RangeError)
  })
})
