import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  formatProblem,
  PipelineSpecError,
  type PlanOptions,
  planFile,
  planObject,
  planText,
} from '../../pipelines/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()
writeFileSync(join(folder, 'steps.ts'), 'export const shout = (text: string) => text.toUpperCase()\n')

function problemsOf(text: string, options: PlanOptions = {}): string[] {
  return listProblems(() => planText(text, 'p.yaml', { directory: folder, environment: { WORD: 'word' }, ...options }))
}

function listProblems(check: () => unknown): string[] {
  try {
    check()
  } catch (error) {
    if (error instanceof PipelineSpecError) return error.problems.map(formatProblem)
    throw error
  }
  return []
}

/** A document of one good stage, with these lines added below it. */
function withStage(...lines: string[]): string {
  return ['stages:', '  good: { source: stdin, sink: drop }', ...lines].join('\n')
}

/** A stage with these steps. */
function withSteps(...lines: string[]): string {
  return [
    'stages:',
    '  s:',
    '    source: stdin',
    '    sink: drop',
    '    steps:',
    ...lines.map((line) => `      ${line}`),
  ].join('\n')
}

const stepNames = 'batch, countBy, distinct, filter, flatMap, ix, map, merge, reduce, scan, skip, sum, take, topN, use'

const documents: [title: string, text: string, problems: string[]][] = [
  ['an empty document', '', ['p.yaml:1:1: the document is empty: it needs a mapping with stages']],
  ['a document of comments', '# nothing\n', ['p.yaml:1:1: the document is empty: it needs a mapping with stages']],
  ['a list', '- a', ["p.yaml:1:1: a pipeline document must be a mapping of 'pipeline' and 'stages', not a list"]],
  ['a text', 'hello', ["p.yaml:1:1: a pipeline document must be a mapping of 'pipeline' and 'stages', not 'hello'"]],
  ['no stages', 'pipeline: p', ["p.yaml:1:1: the document has no 'stages'"]],
  ['empty stages', 'stages:', ["p.yaml:1:1: 'stages' is empty: a pipeline needs at least one stage"]],
  ['stages that are a list', 'stages: [a]', ["p.yaml:1:9: 'stages' must be a mapping of names to stages, not a list"]],
  [
    'a syntax error',
    'stages: [a',
    ['p.yaml:1:11: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ],
  [
    'a function that YAML takes for a mapping',
    withSteps('- map: row => ({ a: row.b })'),
    [
      'p.yaml:6:14: Nested mappings are not allowed in compact mappings; a function with { } [ ] or a colon in it must be ' +
        'quoted, or stand below a | on lines of its own',
    ],
  ],
  [
    'a misspelt key of the pipeline',
    `pipelin: x\n${withStage()}`,
    ["p.yaml:1:1: unknown key 'pipelin' of a pipeline: did you mean 'pipeline'? (known: pipeline, stages)"],
  ],
  [
    'a stage that is there twice',
    withStage('  good: { source: stdin, sink: drop }'),
    ["p.yaml:3:3: 'good' is there twice: first at line 2, column 3"],
  ],
  [
    'a stage that is no mapping',
    withStage('  a: 3'),
    ["p.yaml:3:6: the stage 'a' must be a mapping of source, from, actors, steps, sink, trace, not 3"],
  ],
  ['an empty stage', withStage('  a:'), ["p.yaml:3:3: the stage 'a' has no input: it needs 'source' or 'from'"]],
  [
    'a stage name with a space',
    withStage("  'a b': { source: { generate: }, sink: drop }"),
    ["p.yaml:3:3: 'a b' cannot be the name of a stage: a letter, then letters, digits, _ and -, at most 64 of them"],
  ],
  [
    'a misspelt key of a stage',
    withStage('  a: { source: generate, step: [], sink: drop }'),
    [
      "p.yaml:3:26: unknown key 'step' of a stage: did you mean 'steps'? (known: source, from, actors, steps, sink, trace)",
    ],
  ],
  [
    'a way to connect traces that there is not',
    withStage('  a: { source: generate, trace: { correlate: links }, sink: drop }'),
    ["p.yaml:3:46: 'correlate' must be parent or link (did you mean 'link'?), not 'links'"],
  ],
  [
    'what traces know nothing of',
    withStage('  a: { source: generate, trace: { corelate: link }, sink: drop }'),
    ["p.yaml:3:35: unknown option 'corelate': did you mean 'correlate'? (known: correlate)"],
  ],
  [
    'two problems on one line',
    withStage('  a: { source: generate, actors: 0, sink: stdot }'),
    [
      "p.yaml:3:34: 'actors' must be at least 1, not 0",
      "p.yaml:3:43: there is no sink 'stdot': did you mean 'stdout'? (known: drop, file, stdout, use)",
    ],
  ],
  [
    'both source and from',
    withStage('  b: { source: generate }', '  a: { source: generate, from: b, sink: drop }'),
    ["p.yaml:4:26: the stage 'a' has both 'source' and 'from': it can have one of them"],
  ],
  [
    'a stage that nobody reads',
    withStage('  a: { source: generate }'),
    ["p.yaml:3:3: nobody reads the stage 'a', and it has no sink"],
  ],
  [
    'a misspelt stage, once',
    withStage('  lines: { source: generate }', '  a: { from: linse, sink: drop }'),
    ["p.yaml:4:14: there is no stage 'linse': did you mean 'lines'? (known: good, lines)"],
  ],
  [
    'a stage below a sink',
    withStage('  a: { from: [good], sink: drop }'),
    ["p.yaml:3:15: the stage 'good' ends in a sink: nothing comes out of it to read"],
  ],
  [
    'an input that is there twice',
    withStage('  b: { source: generate }', '  a: { from: [b, b], sink: drop }'),
    ["p.yaml:4:18: the stage 'b' is an input twice"],
  ],
  ['a stage that reads itself', withStage('  a: { from: a, sink: drop }'), ["p.yaml:3:14: the stage 'a' reads itself"]],
  [
    'two cycles and a stage behind one',
    [
      'stages:',
      '  a: { from: c }',
      '  b: { from: a }',
      '  c: { from: b }',
      '  d: { from: c, sink: drop }',
      '  x: { from: y }',
      '  y: { steps: [{ merge: x }], source: stdin }',
    ].join('\n'),
    [
      'p.yaml:2:14: the stages wait for each other in a cycle: a -> b -> c -> a',
      'p.yaml:6:14: the stages wait for each other in a cycle: x -> y -> x',
    ],
  ],
  [
    'more actors than can be',
    withStage('  a: { source: ./steps.ts#shout, actors: 65, sink: drop }'),
    ["p.yaml:3:42: 'actors' must be at most 64, not 65"],
  ],
  [
    'half an actor',
    withStage('  a: { source: ./steps.ts#shout, actors: 1.5, sink: drop }'),
    ["p.yaml:3:42: 'actors' must be a whole number, not 1.5"],
  ],
  [
    'several actors at one end',
    withStage('  a: { source: generate, sink: stdout, actors: 2 }'),
    [
      "p.yaml:3:48: a stage with the source 'generate' has one actor: 2 would make every item that many times",
      "p.yaml:3:48: a stage with the sink 'stdout' has one actor: 2 would write into each other",
    ],
  ],
  [
    'stdin twice',
    withStage('  a: { source: stdin, sink: drop }'),
    ["p.yaml:3:3: the stage 'a' reads stdin, which another stage reads already"],
  ],
  [
    'an unknown source',
    withStage('  a: { source: { fil: { path: x } }, sink: drop }'),
    ["p.yaml:3:18: there is no source 'fil': did you mean 'file'? (known: file, generate, stdin, use)"],
  ],
  [
    'options beside their source',
    withStage('  a: { source: { file: , path: x }, sink: drop }'),
    [
      "p.yaml:3:18: 'path' is missing from 'file'",
      "p.yaml:3:26: 'path' is one too many beside 'file': a source has one name, and its options are indented below that",
    ],
  ],
  [
    'options of a source',
    withStage('  a: { source: { generate: { cuont: 1, from: x } }, sink: drop }'),
    [
      "p.yaml:3:30: unknown option 'cuont': did you mean 'count'? (known: count, from, rateHz, item)",
      "p.yaml:3:46: 'from' must be a number, not 'x'",
    ],
  ],
  [
    'options within options',
    withStage('  a: { source: { file: { path: x, csv: { header: 3, delimeter: ; } } }, sink: drop }'),
    [
      "p.yaml:3:50: 'header' must be true or false or a list, not 3",
      "p.yaml:3:53: unknown option 'delimeter': did you mean 'delimiter'? (known: delimiter, header, numbers)",
    ],
  ],
  [
    'an unknown format',
    withStage('  a: { source: { generate: }, sink: { stdout: { format: tabel } } }'),
    ["p.yaml:3:57: 'format' must be jsonl or table (did you mean 'table'?), not 'tabel'"],
  ],
  [
    'steps that are no list',
    withStage('  a: { source: generate, steps: { map: "x => x" }, sink: drop }'),
    ["p.yaml:3:33: 'steps' must be a list, '- map: ...', not a mapping"],
  ],
  [
    'an unknown step',
    withSteps('- mpa: x => x'),
    [`p.yaml:6:9: there is no step 'mpa': did you mean 'map'? (known: ${stepNames})`],
  ],
  [
    'two steps in one',
    withSteps('- map: x => x', '  take: 3'),
    ["p.yaml:7:9: 'take' is one too many in this step: begin a further step with '- '"],
  ],
  [
    'values of steps',
    withSteps('- take: -1', '- batch: 0', '- skip: many', '- map'),
    [
      "p.yaml:6:15: 'take' must be at least 0, not -1",
      "p.yaml:7:16: 'batch' must be at least 1, not 0",
      "p.yaml:8:15: 'skip' must be a number, not 'many'",
      "p.yaml:9:9: 'map' must be a function, 'item => ...' or './file.ts#name', not nothing",
    ],
  ],
  [
    'what is missing from a step',
    withSteps('- scan: { fn: "(a, b) => a" }', '- topN: { by: "x => x" }'),
    ["p.yaml:6:9: 'initial' is missing from 'scan'", "p.yaml:7:9: 'count' is missing from 'topN'"],
  ],
  [
    'a name in place of a function',
    withSteps('- filter: isGood'),
    ["p.yaml:6:17: 'filter' must be a function, 'item => ...' or './file.ts#name', not 'isGood'"],
  ],
  [
    'a function that does not compile',
    withSteps('- map: x => x..y', '- map: "x => { return"'),
    [
      "p.yaml:6:21: the function does not compile: Unexpected token '.'",
      'p.yaml:7:28: the function does not compile: unexpected end: something is missing, or there is one closing bracket too many',
    ],
  ],
  [
    'a function that does not compile on its third line',
    withSteps('- map: |', '    x => {', '      retrun x', '    }'),
    ["p.yaml:8:20: the function does not compile: Unexpected identifier 'x'"],
  ],
  [
    'a file that is not there',
    withSteps('- use: ./setps.ts#shout', '- map: ./steps.ts'),
    [
      "p.yaml:6:14: there is no file './setps.ts': did you mean 'steps.ts'?",
      "p.yaml:7:14: './steps.ts' must name an export of the file: './steps.ts#name'",
    ],
  ],
  [
    'a key beside use',
    withSteps('- use: ./steps.ts#shout', '  wiht: 3'),
    ["p.yaml:7:9: unknown key 'wiht' beside 'use': did you mean 'with'? (known: use, with)"],
  ],
  [
    'the arguments of ix',
    withSteps('- ix: debounce', '  with: 100', '- ix: map', '  with: [ "x => " ]'),
    [
      "p.yaml:7:15: 'with' of an ix step must be the list of its arguments, not 100",
      'p.yaml:9:23: the function does not compile: unexpected end: something is missing, or there is one closing bracket too many',
    ],
  ],
  [
    'inputs by name without a function',
    withStage('  b: { source: generate }', '  a: { from: { left: b }, steps: [{ take: 1 }], sink: drop }'),
    ["p.yaml:4:35: inputs by name (left) go to a function of yours: the first step must be 'use: ./file.ts#name'"],
  ],
  [
    'a variable that is not set',
    withStage('  a: { source: { file: { path: "data/${NONE}.csv" } }, sink: drop }'),
    ['p.yaml:3:38: the variable NONE is not set and has no default'],
  ],
  [
    'a variable that is no number',
    withStage('  a: { source: { generate: { count: "${WORD}" } }, sink: drop }'),
    ["p.yaml:3:37: 'count' must be a number, not 'word'"],
  ],
  ['an alias of nothing', withStage('  a: *b'), ['p.yaml:3:6: the alias *b names no anchor above it']],
]

describe('The checks of a pipeline document', () => {
  it.each(documents)('report %s', (_title, text, problems) => {
    expect(problemsOf(text)).toEqual(problems)
  })

  it('find nothing wrong with a stage that nobody reads when sinks are not required', () => {
    expect(problemsOf('stages: { a: { source: stdin } }', { requireSinks: false })).toEqual([])
  })

  it('know the operators of an ix step when they are told them', () => {
    expect(problemsOf(withSteps('- ix: debonce'), { ixNames: ['debounce', 'share'] })).toEqual([
      "p.yaml:6:13: IxJS has no operator 'debonce': did you mean 'debounce'?",
    ])
  })

  it('put all problems into the message of the error, one a line', () => {
    const check = () => planText('a: 1\nb: 2', 'p.yaml')
    expect(check).toThrow(
      /^p\.yaml:1:1: unknown key 'a'.*\np\.yaml:1:1: the document has no 'stages'\np\.yaml:2:1: unknown key 'b'/,
    )
  })

  it('report aliases that unfold without end', () => {
    const lines = [
      'a: &a [x]',
      ...'bcdefgh'.split('').map((name, index) => {
        const target = 'abcdefgh'[index]
        return `${name}: &${name} [${Array(10).fill(`*${target}`).join(', ')}]`
      }),
    ]
    expect(problemsOf(lines.join('\n')).some((problem) => problem.endsWith('the document is too large'))).toBe(true)
  })
})

describe('The checks of a document that is an object', () => {
  const problemsOfObject = (document: unknown) => listProblems(() => planObject(document, { directory: folder }))

  it('name the path to what is wrong', () => {
    const document = {
      stages: {
        a: { source: 'generate', steps: [{ map: (x: unknown) => x }, { take: '3' }] },
        b: { from: 'wrods', sink: 'drop' },
        words: { source: 'stdin', sink: 'drop' },
      },
    }
    expect(problemsOfObject(document)).toEqual([
      "stages.a: nobody reads the stage 'a', and it has no sink",
      "stages.a.steps[0].map: a function must be given as text here: 'item => ...', or './file.ts#name'",
      "stages.a.steps[1].take: 'take' must be a number, not '3'",
      "stages.b.from: there is no stage 'wrods': did you mean 'words'? (known: a, words)",
    ])
  })

  it('refuse what is no plain data', () => {
    const circular: Record<string, unknown> = {}
    circular['stages'] = circular
    expect(problemsOfObject(circular)[0]).toBe('stages: the value contains itself')
    expect(problemsOfObject(new Date(0))[0]).toBe(
      'pipeline: only plain data can stand here, not an instance of a class',
    )
  })
})

describe('Reading a pipeline file', () => {
  it.each([
    ['missing.yaml', 'the document cannot be read: no such file'],
    ['folder.yaml', 'the document cannot be read: it is a directory'],
    ['binary.yaml', 'the document is no UTF-8 text'],
    ['zeros.yaml', 'the document is no text: it has zero bytes in it'],
  ])('reports that %s is none', async (name, message) => {
    mkdirSync(join(folder, 'folder.yaml'), { recursive: true })
    writeFileSync(join(folder, 'binary.yaml'), new Uint8Array([0xff, 0xfe, 0x01]))
    writeFileSync(join(folder, 'zeros.yaml'), 'a\0b')
    const file = join(folder, name)
    await expect(planFile(file)).rejects.toThrow(`${file}: ${message}`)
    await expect(planFile(file)).rejects.toBeInstanceOf(PipelineSpecError)
  })
})

describe('A name that every object has', () => {
  it.each([
    [
      'source: constructor, sink: drop',
      ["p.yaml:3:16: there is no source 'constructor' (known: file, generate, stdin, use)"],
    ],
    [
      'source: generate, sink: drop, __proto__: 1',
      ["p.yaml:3:38: unknown key '__proto__' of a stage (known: source, from, actors, steps, sink, trace)"],
    ],
    [
      'source: { generate: { constructor: 1 } }, sink: drop',
      ["p.yaml:3:30: unknown option 'constructor' (known: count, from, rateHz, item)"],
    ],
    [
      'source: { generate: { __proto__: 1 } }, sink: drop',
      ["p.yaml:3:30: unknown option '__proto__' (known: count, from, rateHz, item)"],
    ],
    ['from: toString, sink: drop', ["p.yaml:3:14: there is no stage 'toString' (known: good)"]],
  ])('is none that is known: %s', (stage, problems) => {
    expect(problemsOf(withStage(`  s: { ${stage} }`))).toEqual(problems)
  })
})
