import { describe, expect, it } from 'vitest'
import { actorFlags, areOwnFlags, inheritedFlags } from '../../../engine/process/inherited-flags.ts'

describe('The flags of node that an actor’s process gets', () => {
  it('are those of its parent', () => {
    const flags = ['--import', './setup.mjs', '--max-old-space-size=512', '--enable-source-maps']
    expect(inheritedFlags(flags)).toEqual(flags)
  })

  it('are without those of the debugger and the profiler, and their values', () => {
    expect(inheritedFlags(['--inspect-brk=0', '--cpu-prof', '--cpu-prof-dir', '/profiles', '--no-warnings'])).toEqual([
      '--no-warnings',
    ])
    expect(inheritedFlags(['--cpu-prof-interval', '100', '--import', './setup.mjs', '--watch'])).toEqual([
      '--import',
      './setup.mjs',
    ])
  })

  it('begin with one for a young generation that fits what streams make, once, which a later one undoes', () => {
    const flags = actorFlags(['--min-semi-space-size=1', '--no-warnings'])
    expect(flags).toEqual(['--min-semi-space-size=8', '--min-semi-space-size=1', '--no-warnings'])
    expect(actorFlags(flags)).toEqual(flags)
  })

  it('are its own where nobody has given it any', () => {
    expect(areOwnFlags([])).toBe(true)
    expect(areOwnFlags(actorFlags([]))).toBe(true)
    expect(areOwnFlags(actorFlags(['--no-warnings']))).toBe(false)
  })

  it('are without the program that was given in their place', () => {
    expect(inheritedFlags(['--no-warnings', '-e', 'await run(main)'])).toEqual(['--no-warnings'])
    expect(inheritedFlags(['-pe', '1 + 1'])).toEqual([])
  })
})
