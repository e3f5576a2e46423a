import { describe, expect, it } from 'vitest'
import { inheritedFlags } from '../../../engine/process/inherited-flags.ts'

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

  it('are without the program that was given in their place', () => {
    expect(inheritedFlags(['--no-warnings', '-e', 'await run(main)'])).toEqual(['--no-warnings'])
    expect(inheritedFlags(['-pe', '1 + 1'])).toEqual([])
  })
})
