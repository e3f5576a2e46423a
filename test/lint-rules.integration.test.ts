import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** A small project in our folders, good and bad files together: `file` -> its text. */
const planted = {
  'index.ts': `export { one } from './engine/index.ts'\n`,
  'engine/index.ts': `export { one } from './one.ts'\nexport { type Two } from './one.ts'\n`,
  'engine/one.ts': `export const one = 1\nexport interface Two {\n  two: 2\n}\n`,
  'engine/transports/tcp.ts': `export { one as tcp } from '../one.ts'\n`,
  'operators/index.ts': `export const map = 1\n`,
  'registry/index.ts': `export { one as lease } from '../engine/index.ts'\n`,
  'observability/index.ts': `import type { Two } from '../engine/index.ts'\nexport type Traced = Two\n`,
  'pipelines/errors.ts': `export { one as stage } from '../engine/index.ts'\n`,
  'pipelines/index.ts': `export { stage } from './errors.ts'\n`,
  'pipelines/sources/file.ts': `export { stage } from '../errors.ts'\nexport { lease } from '../../registry/index.ts'\n`,
  'pipelines/cli/main.ts': `import { stage } from '../errors.ts'\nimport type { Traced } from '../../observability/index.ts'\nexport const traced: Traced | number = stage\nconsole.log(traced)\n`,
  'examples/film.ts': `import { one } from 'actorflow'\nconsole.log(one)\n`,
  'test/engine/one.test.ts': `export { one } from '../../engine/one.ts'\n`,

  'engine/up.ts': `export { lease } from '../registry/index.ts'\n`,
  'engine/transports/up.ts': `export { map } from '../../operators/index.ts'\n`,
  'engine/process/deep/up.ts': `export { map } from '../../../operators/index.ts'\n`,
  'engine/later.ts': `export const later = import('../operators/index.ts')\n`,
  'engine/span.ts': `export { trace } from '@opentelemetry/api'\n`,
  'engine/self.ts': `export { one } from 'actorflow'\n`,
  'engine/to-root.ts': `export { one } from '../index.ts'\n`,
  'engine/to-test.ts': `export { one } from '../test/engine/one.test.ts'\n`,
  'operators/up.ts': `import type { Two } from '../engine/index.ts'\nexport type Three = Two\n`,
  'registry/past-the-index.ts': `export { one } from '../engine/one.ts'\n`,
  'registry/deep-past-the-index.ts': `export { tcp } from '../engine/transports/tcp.ts'\n`,
  'registry/sideways.ts': `export { map } from '../operators/index.ts'\n`,
  'observability/value.ts': `export { one } from '../engine/index.ts'\n`,
  'pipelines/traced.ts': `import type { Traced } from '../observability/index.ts'\nexport type Mine = Traced\n`,
  'pipelines/sinks/past-the-index.ts': `export { one } from '../../engine/one.ts'\n`,
  'pipelines/cli/past-the-index.ts': `export { one } from '../../engine/one.ts'\n`,
  'pipelines/sdk.ts': `export { TracerProvider } from '@opentelemetry/sdk-trace'\n`,
  'examples/inner.ts': `export { one } from '../engine/index.ts'\n`,
  'engine/cycle-a.ts': `import type { B } from './cycle-b.ts'\nexport interface A {\n  b: B\n}\n`,
  'engine/cycle-b.ts': `import type { A } from './cycle-a.ts'\nexport interface B {\n  a: A\n}\n`,
  'engine/floating.ts': `async function wait(): Promise<void> {}\nexport function forget(): void {\n  wait()\n}\n`,
  'engine/misused.ts': `export function each(list: number[]): void {\n  list.forEach(async (n) => {\n    await Promise.resolve(n)\n  })\n}\n`,
  'engine/not-all-kinds.ts': `export function kindOf(kind: 'a' | 'b'): number {\n  switch (kind) {\n    case 'a':\n      return 1\n  }\n  return 2\n}\n`,
  'engine/loud.ts': `console.log('loud')\n`,
  'registry/loud.ts': `console.log('loud')\n`,
  'pipelines/loud.ts': `console.log('loud')\n`,
  'operators/default.ts': `export default 1\n`,
  'operators/CamelCase.ts': `export const camel = 1\n`,
  'operators/long.ts': `${Array.from({ length: 401 }, (_, n) => `export const n${n} = ${n}`).join('\n')}\n`,
  'operators/not-long.ts': `${Array.from({ length: 400 }, (_, n) => `// ${n}\n\nexport const n${n} = ${n}`).join('\n')}\n`,
}

const layering = 'no-restricted-imports'
const expected: Partial<Record<keyof typeof planted, string>> = {
  'engine/up.ts': layering,
  'engine/transports/up.ts': layering,
  'engine/process/deep/up.ts': layering,
  'engine/later.ts': layering,
  'engine/span.ts': layering,
  'engine/self.ts': layering,
  'engine/to-root.ts': layering,
  'engine/to-test.ts': layering,
  'operators/up.ts': layering,
  'registry/past-the-index.ts': layering,
  'registry/deep-past-the-index.ts': layering,
  'registry/sideways.ts': layering,
  'observability/value.ts': layering,
  'pipelines/traced.ts': layering,
  'pipelines/sinks/past-the-index.ts': layering,
  'pipelines/cli/past-the-index.ts': layering,
  'pipelines/sdk.ts': layering,
  'examples/inner.ts': layering,
  'engine/cycle-a.ts': 'no-cycle',
  'engine/cycle-b.ts': 'no-cycle',
  'engine/floating.ts': 'no-floating-promises',
  'engine/misused.ts': 'no-misused-promises',
  'engine/not-all-kinds.ts': 'switch-exhaustiveness-check',
  'engine/loud.ts': 'no-console',
  'registry/loud.ts': 'no-console',
  'pipelines/loud.ts': 'no-console',
  'operators/default.ts': 'no-default-export',
  'operators/CamelCase.ts': 'filename-case',
  'operators/long.ts': 'max-lines',
}

describe('The linter', () => {
  let folder: string
  let found: Map<string, string[]>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'actorflow-lint-'))
    for (const config of ['oxlint.config.ts', 'tsconfig.json', 'package.json']) {
      await cp(join(root, config), join(folder, config))
    }
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    for (const [file, text] of Object.entries(planted)) {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await writeFile(join(folder, file), text)
    }
    found = await lint(folder)
  })

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it.each(Object.entries(expected))('refuses %s by %s', (file, rule) => {
    expect(found.get(file)).toEqual([rule])
  })

  it('finds nothing in the files beside them', () => {
    expect([...found.keys()].filter((file) => !(file in expected))).toEqual([])
  })
})

/** The names of the rules that each file breaks. */
async function lint(folder: string): Promise<Map<string, string[]>> {
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
  const output = await new Promise<string>((resolve) => {
    const args = [oxlint, '--format', 'json', ...new Set(Object.keys(planted).map((file) => file.split('/')[0] ?? ''))]
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 16 * 2 ** 20 }, (_, stdout) => resolve(stdout))
  })
  const { diagnostics } = JSON.parse(output) as { diagnostics: { code: string; filename: string }[] }
  const rules = new Map<string, string[]>()
  for (const { code, filename } of diagnostics) {
    const rule = /\((.*)\)/.exec(code)?.[1] ?? code
    rules.set(filename, [...new Set([...(rules.get(filename) ?? []), rule])])
  }
  return rules
}
