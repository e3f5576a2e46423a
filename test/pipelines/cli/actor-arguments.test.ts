import { describe, expect, it } from 'vitest'
import { parseCallArguments } from '../../../pipelines/cli/call-arguments.ts'
import { addCapability, formatCapabilities } from '../../../pipelines/cli/capability-options.ts'
import { parseDuration } from '../../../pipelines/cli/duration.ts'

describe('The arguments of a call', () => {
  it('are JSON values', () => {
    expect(parseCallArguments(['1', '-2.5', '"a b"', 'null', 'true', '[1,{"a":[]}]'])).toEqual({
      values: [1, -2.5, 'a b', null, true, [1, { a: [] }]],
    })
    expect(parseCallArguments([])).toEqual({ values: [] })
  })

  it.for([
    [['1', 'hello'], `argument 2 is not JSON: hello (if it is meant as a text, quote it twice: '"hello"')`],
    [['say "it"'], `argument 1 is not JSON: say "it" (if it is meant as a text, quote it twice: '"say \\"it\\""')`],
    [[''], `argument 1 is not JSON:  (if it is meant as a text, quote it twice: '""')`],
  ] as const)('that are none are named, with what would be right: %j', ([texts, problem]) => {
    expect(parseCallArguments(texts)).toEqual({ problem })
  })

  it('that were meant as JSON get the reason of the parser', () => {
    expect(parseCallArguments(['{a:1}'])).toEqual({
      problem: expect.stringMatching(/^argument 1 is not JSON: \{a:1\} \(.*JSON/),
    })
  })
})

describe('Capabilities on a command line', () => {
  it.for([
    ['gpu=true', { gpu: true }],
    ['cores=8', { cores: 8 }],
    ['zone=eu', { zone: 'eu' }],
    ['zone="8"', { zone: '8' }],
    ['version=1.2.3', { version: '1.2.3' }],
    ['empty=', { empty: '' }],
    ['url=a=b', { url: 'a=b' }],
    ['none', undefined],
    ['=x', undefined],
  ] as const)('are read as %j: %j', ([text, capabilities]) => {
    expect(addCapability(text)).toEqual(capabilities)
  })

  it('add up, and are written as they are read', () => {
    const both = addCapability('zone=eu', addCapability('gpu=true'))
    expect(both).toEqual({ gpu: true, zone: 'eu' })
    expect(formatCapabilities(both)).toBe('gpu=true zone=eu')
  })
})

describe('A duration', () => {
  it.for([
    ['500ms', 500],
    ['1.5s', 1_500],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['10', undefined],
    ['-1s', undefined],
    ['s', undefined],
    ['1 s', undefined],
  ] as const)('%s is %s ms', ([text, ms]) => {
    expect(parseDuration(text)).toBe(ms)
  })
})
