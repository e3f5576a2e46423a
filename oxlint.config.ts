import { defineConfig, type OxlintConfig, type OxlintOverride } from 'oxlint'

interface Layer {
  readonly folder: string
  /** The other folders that it may import from, and only through their `index.ts`. */
  readonly imports: readonly string[]
  readonly typesOnly?: boolean
  readonly telemetry?: readonly string[]
  readonly ownName?: boolean
}

/** The architecture, bottom-up. */
const layers: readonly Layer[] = [
  { folder: 'engine', imports: [] },
  { folder: 'operators', imports: [] },
  { folder: 'registry', imports: ['engine'] },
  { folder: 'observability', imports: ['engine'], typesOnly: true, telemetry: ['@opentelemetry/*'] },
  { folder: 'pipelines', imports: ['engine', 'operators', 'registry'], telemetry: ['@opentelemetry/api'] },
  { folder: 'pipelines/cli', imports: ['engine', 'operators', 'registry', 'observability'] },
  { folder: 'examples', imports: [], ownName: true },
]

function importRules({ folder, imports, typesOnly, telemetry = [], ownName }: Layer): OxlintOverride[] {
  // One override for each depth, because a relative path out of the folder differs only in its way up. A layer has no
  // files deeper than one folder inside it: from there every way out is closed.
  return ['', '*/', '*/*/**/'].map((inside, depth) => {
    const up = '../'.repeat(folder === 'pipelines/cli' ? depth + 2 : depth + 1)
    const indexes = depth === 2 ? [] : imports.map((other) => `${up}${other}/index.ts`)
    const allowed = imports.map((other) => `${other}/index.ts`).join(', ')
    const patterns = [
      { group: [`${up}**`, ...not(indexes)], message: `${folder}/ imports ${allowed || 'no other folder'}.` },
      {
        group: ['@opentelemetry/*', ...not(telemetry)],
        message: 'Telemetry is the work of observability/, behind the interfaces of engine/.',
      },
    ]
    if (!ownName) patterns.push({ group: ['actorflow', 'actorflow/**'], message: 'A source imports the source.' })
    // A regular expression, and in front: a path that one group excepts is not looked at by the groups after it.
    const engine = `^${up.replaceAll('.', '\\.')}engine/`
    const typesRule = { regex: engine, allowTypeImports: true, message: `${folder}/ imports types only.` }
    return {
      files: [`${folder}/${inside}*.ts`],
      rules: {
        'no-restricted-imports': ['error', { patterns: typesOnly ? [typesRule, ...patterns] : patterns }],
      },
    }
  })
}

function not(patterns: readonly string[]): string[] {
  return patterns.map((pattern) => `!${pattern}`)
}

const config: OxlintConfig = defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'vitest'],
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['dist/', 'coverage/'],
  env: { builtin: true, node: true, es2024: true },
  categories: { correctness: 'error', suspicious: 'error' },
  rules: {
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'import/no-default-export': 'error',
    'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    'no-console': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/prefer-promise-reject-errors': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'vitest/expect-expect': ['error', { assertFunctionNames: ['expect*', 'fc.assert', 'assert*'] }],

    // What the categories bring along that has more false alarms than findings here, or that the compiler checks.
    'import/no-named-as-default-member': 'off',
    'import/no-unassigned-import': 'off',
    'no-new': 'off',
    'no-shadow': 'off',
    'no-underscore-dangle': 'off',
    'promise/always-return': 'off',
    'promise/no-promise-in-callback': 'off',
    'typescript/consistent-return': 'off',
    'typescript/no-extraneous-class': 'off',
    'typescript/no-unnecessary-type-arguments': 'off',
    'typescript/no-unnecessary-type-conversion': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'typescript/unbound-method': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-array-reverse': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-new-array': 'off',
  },
  overrides: [
    // Before the layers: a folder's own index.ts has the rules of its layer.
    {
      files: ['index.ts'],
      rules: {
        'no-restricted-imports': [
          'error',
          { patterns: [{ group: ['./**', '!./*/index.ts'], message: 'Only through the index.ts of a folder.' }] },
        ],
      },
    },
    ...layers.flatMap(importRules),
    {
      files: ['pipelines/cli/**', 'examples/**', 'bench/**', 'test/fixtures/**', 'bin/**'],
      rules: { 'no-console': 'off' },
    },
    { files: ['**/*.test-d.ts'], rules: { 'vitest/expect-expect': 'off' } },
    // An actor's module exports its definition as its default.
    { files: ['*.config.ts', 'examples/**', 'bench/**', 'test/**'], rules: { 'import/no-default-export': 'off' } },
  ],
})

export default config
