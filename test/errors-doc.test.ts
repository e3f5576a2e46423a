import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as engine from '../index.ts'
import * as observability from '../observability/index.ts'
import * as pipelines from '../pipelines/index.ts'
import * as registry from '../registry/index.ts'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8')

/** The headings of the page and the class that each is about. */
const documented = Array.from(page.matchAll(/^## (?<code>.+)\n\n`(?<name>\w+)`/gm), ({ groups }) => {
  return { code: groups?.['code'], name: groups?.['name'] }
})

const sources = globSync('{engine,registry,observability,pipelines}/**/*.ts', { cwd: root }).map((file) => {
  return readFileSync(join(root, file), 'utf8')
})

/** The error classes of the sources, with their code. Abstract ones have none, and no heading. */
const written = sources.flatMap((source) => {
  const classes = /^export class (?<name>\w+) extends \w+ \{[^]*?\bcode\b[^=\n]*= '(?<code>FLOW_\w+)'/gm
  return Array.from(source.matchAll(classes), ({ groups }) => ({ code: groups?.['code'], name: groups?.['name'] }))
})

const exported = [engine, registry, observability, pipelines].flatMap((module) => {
  return Object.entries(module).flatMap(([name, value]) => {
    const isError = typeof value === 'function' && value.prototype instanceof engine.FlowError
    const isAbstract = sources.some((source) => source.includes(`export abstract class ${name} `))
    return isError && !isAbstract ? [name] : []
  })
})

describe('docs/errors.md', () => {
  it('has a heading for each code, with the class it belongs to, and no other', () => {
    const byCode = (a: { code: string | undefined }, b: { code: string | undefined }) =>
      `${a.code}`.localeCompare(`${b.code}`)
    expect(documented.toSorted(byCode)).toEqual(written.toSorted(byCode))
    expect(documented).toHaveLength(page.match(/^## /gm)?.length ?? 0)
  })

  it('is about classes that a program can import', () => {
    expect(new Set(documented.map(({ name }) => name))).toEqual(new Set(exported))
  })

  it('names no code twice', () => {
    expect(new Set(documented.map(({ code }) => code)).size).toBe(documented.length)
  })
})
