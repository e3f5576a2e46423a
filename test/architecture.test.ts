import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Which folders a folder may import from. The linter has the same as rules; here it is found by reading the imports. */
const mayImport: Record<string, readonly string[]> = {
  engine: [],
  operators: [],
  registry: ['engine'],
  observability: ['engine'],
  pipelines: ['engine', 'operators', 'registry'],
  'pipelines/cli': ['engine', 'operators', 'registry', 'observability', 'pipelines'],
  '.': ['engine', 'operators', 'registry', 'observability', 'pipelines'],
}
const layers = Object.keys(mayImport)
const files = globSync(['index.ts', ...layers.filter((layer) => layer !== '.').map((layer) => `${layer}/**/*.ts`)], {
  cwd: root,
}).toSorted()

interface Import {
  readonly from: string
  readonly to: string
  readonly typesOnly: boolean
}

const imports = files.flatMap((file) => importsOf(file, readFileSync(join(root, file), 'utf8')))

describe('The architecture', () => {
  it('is read from all the sources', () => {
    expect(files).toContain('engine/errors.ts')
    expect(imports).toContainEqual({ from: 'index.ts', to: 'engine/index.ts', typesOnly: false })
  })

  it('lets a folder import only from the layers below it', () => {
    const upward = imports.filter(({ from, to }) => {
      const [source, target] = [layerOf(from), layerOf(to)]
      return source !== target && !mayImport[source]?.includes(target ?? '')
    })
    expect(upward).toEqual([])
  })

  it('crosses folders only through an index.ts', () => {
    const past = imports.filter(({ from, to }) => topOf(from) !== topOf(to) && !/^[^/]+\/index\.ts$/.test(to))
    expect(past).toEqual([])
  })

  it('takes only types from the engine into observability', () => {
    const values = imports.filter((edge) => topOf(edge.from) === 'observability' && topOf(edge.to) === 'engine')
    expect(values.filter(({ typesOnly }) => !typesOnly)).toEqual([])
  })

  it('has no cycles, not even of types', () => {
    expect(findCycle(imports)).toBeUndefined()
  })

  it('has no file of more than 400 lines of code', () => {
    const long = files.filter((file) => codeLineCount(readFileSync(join(root, file), 'utf8')) > 400)
    expect(long).toEqual([])
  })

  it('names what is in spans in one file, and in metrics in another', () => {
    const named = /'(?:(?:error|exception|messaging|process|rpc|service)\.[a-z._]+|actorflow\.[a-z]+[._][a-z._]+)'/g
    const elsewhere = files
      .filter((file) => topOf(file) === 'observability' && !/\/(?:attributes|metric-table)\.ts$/.test(file))
      .flatMap((file) => Array.from(readFileSync(join(root, file), 'utf8').matchAll(named), ([name]) => [file, name]))
    // A channel of the process, for whoever wants to know.
    expect(elsewhere).toEqual([['observability/sent-spans.ts', "'actorflow.spans.sent'"]])
  })

  it('has no folder or file that is named for holding anything', () => {
    const anything = /^(utils?|helpers?|common|misc|types|shared|lib)$/
    const parts = files.flatMap((file) => file.split('/'))
    const tests = globSync(['{test,examples,bench}/**/*.ts'], { cwd: root })
    const names = [...parts, ...tests.map((file) => basename(file))].map((name) => name.replace(/\..*$/, ''))
    expect(names.filter((name) => anything.test(name))).toEqual([])
  })
})

describe('The reading of imports', () => {
  const text = `
    import a from './a.ts'
    import { b,
      type c } from "../b.ts"
    import type { d } from './d.ts'
    import { type e, type f } from './e.ts'
    export * from './f.ts'
    export type { g } from './g.ts'
    import './h.ts'
    const i = await import('./i.ts')
    let j: import('./j.ts').J
    // import k from './k.ts'
    /** import l from './l.ts' */
    const url = new URL('./m.ts', import.meta.url)
  `
  it('finds every form of them', () => {
    const found = importsOf('engine/x.ts', text)
    expect(found.map(({ to }) => to).toSorted()).toEqual([
      'b.ts',
      ...['a', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'm'].map((name) => `engine/${name}.ts`),
    ])
    expect(found.filter(({ typesOnly }) => typesOnly).map(({ to }) => basename(to, '.ts'))).toEqual(['d', 'e', 'g'])
  })

  it('finds a cycle through several files', () => {
    const edge = (from: string, to: string): Import => ({ from, to, typesOnly: true })
    expect(findCycle([edge('a', 'b'), edge('b', 'c'), edge('a', 'c')])).toBeUndefined()
    expect(findCycle([edge('a', 'b'), edge('b', 'c'), edge('c', 'd'), edge('d', 'b')])).toEqual(['b', 'c', 'd', 'b'])
  })
})

function importsOf(from: string, text: string): Import[] {
  const code = text.replace(/\/\*[^]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  const statements = /^\s*(?:import|export)\b(?!\s*\()(?<names>[^'"`;]*?)\bfrom\s*['"](?<path>\.[^'"]+)['"]/gm
  const others = /^\s*import\s*['"](?<bare>\.[^'"]+)['"]|\b(?:import|new URL)\(\s*['"](?<call>\.[^'"]+\.ts)['"]/gm
  const edge = (path: string, typesOnly: boolean): Import => {
    return { from, to: normalize(join(dirname(from), path)), typesOnly }
  }
  return [
    ...Array.from(code.matchAll(statements), ({ groups }) => {
      const names = groups?.['names']?.trim() ?? ''
      const each = /^\{(.*)\}$/s
        .exec(names)?.[1]
        ?.split(',')
        .map((name) => name.trim())
        .filter(Boolean)
      return edge(groups?.['path'] ?? '', /^type\b/.test(names) || !!each?.every((name) => name.startsWith('type ')))
    }),
    ...Array.from(code.matchAll(others), ({ groups }) => edge(groups?.['bare'] ?? groups?.['call'] ?? '', false)),
  ]
}

function topOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : '.'
}

function layerOf(file: string): string {
  return file.startsWith('pipelines/cli/') ? 'pipelines/cli' : topOf(file)
}

/** The first cycle found, as the files along it, beginning and ending with the same one. */
function findCycle(edges: readonly Import[]): string[] | undefined {
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const { from, to } of edges) {
      const cycle = from === file ? visit(to, [...path, file]) : undefined
      if (cycle) return cycle
    }
    done.add(file)
    return undefined
  }
  for (const { from } of edges) {
    const cycle = visit(from, [])
    if (cycle) return cycle
  }
  return undefined
}

function codeLineCount(text: string): number {
  const code = text.replace(/\/\*[^]*?\*\//g, '').split('\n')
  return code.filter((line) => line.trim() !== '' && !line.trim().startsWith('//')).length
}
