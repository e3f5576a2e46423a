import { describe, expect, it } from 'vitest'
import { reportFailure } from '../../../pipelines/cli/failure-report.ts'
import { foldStack } from '../../../pipelines/cli/fold-stack.ts'
import { PipelineError, StageError } from '../../../pipelines/index.ts'

const actor = { name: 'words', id: 'words-7' }
const root = `${process.cwd()}/`

interface Thrown {
  readonly name?: string
  readonly message: string
  readonly stack?: string
  readonly fields?: object
  readonly cause?: Error
}

/** An error as it comes from another actor. */
function remoteError({ name = 'TypeError', message, stack = '', fields = {}, cause }: Thrown): PipelineError {
  const error = new PipelineError(message, cause === undefined ? undefined : { cause })
  return Object.assign(error, { code: 'FLOW_REMOTE', actor, remoteName: name, remoteStack: stack, fields })
}

describe('The failure report', () => {
  it('has the stage, the actor, the step, the item, and the remote error with its stack', () => {
    const stack = [
      'TypeError: no such word',
      '    at withoutStopwords (file:///home/me/stopwords.ts:3:9)',
      `    at pull (file://${root}engine/pump.ts:10:5)`,
      '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
    ].join('\n')
    const cause = remoteError({ message: 'no such word', stack })
    const failure = { stage: 'words', actor, item: '"a\nb"', location: 'count.yaml:9:15' }
    expect(reportFailure(new StageError(failure, cause)).split('\n')).toEqual([
      "stage 'words' failed",
      '  actor  words (words-7)',
      '  step   count.yaml:9:15',
      '  item   "a\\nb"',
      'TypeError: no such word',
      '    at withoutStopwords (file:///home/me/stopwords.ts:3:9)',
      '    … 2 frames of node and actorflow',
      '',
    ])
  })

  it('takes the actor from the remote error where the stage error has none', () => {
    const report = reportFailure(new StageError({ stage: 'words' }, remoteError({ message: 'x' })))
    expect(report).toBe("stage 'words' failed\n  actor  words (words-7)\nTypeError: x\n")
  })

  it('follows the causes, without saying a remote error twice', () => {
    const rebuilt = new TypeError('x', { cause: new PipelineError('disk full') })
    const report = reportFailure(remoteError({ message: 'x', cause: rebuilt }))
    expect(report).toBe('TypeError: x\ncaused by PipelineError: disk full\n')
  })

  it('has the fields of a remote error, but not those that the stage noted', () => {
    const fields = { code: 'ENOENT', path: '/x', flowBlame: { item: '1' } }
    expect(reportFailure(remoteError({ name: 'Error', message: 'no file', fields }))).toBe(
      "Error: no file\n    { code: 'ENOENT', path: '/x' }\n",
    )
  })

  it('says that something else than an error was thrown', () => {
    const report = reportFailure(new StageError({ stage: 'words' }, remoteError({ name: 'NonError', message: 'no!' })))
    expect(report).toMatch(/\na thrown value that is no error: no!\n$/)
    expect(reportFailure('no!')).toBe("a thrown value that is no error: 'no!'\n")
  })

  it('has each of several failures', () => {
    const errors = ['a', 'b'].map((stage) => new StageError({ stage }, remoteError({ message: 'x' })))
    expect(reportFailure(new AggregateError(errors))).toMatch(/^stage 'a' failed\n[^]*\n\nstage 'b' failed\n/)
    const inside = new AggregateError([new PipelineError('a'), new PipelineError('b')], 'two')
    expect(reportFailure(remoteError({ name: 'AggregateError', message: 'two', cause: inside }))).toBe(
      'AggregateError: two\none of them: PipelineError: a\none of them: PipelineError: b\n',
    )
  })

  it('ends although an error is its own cause', () => {
    const error = new PipelineError('x')
    error.cause = error
    expect(reportFailure(error).split('\n').length).toBeLessThan(20)
  })

  it('lets no message steer the terminal', () => {
    expect(reportFailure(remoteError({ message: 'a\x1b[2J\rb\nc' }))).toBe('TypeError: a\ufffd[2J\ufffdb\nc\n')
  })
})

describe('The folding of a stack', () => {
  const fold = (...frames: string[]): string[] => foldStack(['Error: x', ...frames].join('\n'), '/app/')

  it('counts the frames of Node and of the project in their place', () => {
    expect(
      fold(
        '    at new Promise (<anonymous>)',
        '    at async file:///app/pipelines/open-pipeline.ts:1:1',
        '    at mine (/home/me/a (1).ts:1:2)',
        '    at map (file:///app/operators/map.ts:1:1)',
        '    at async Promise.all (index 0)',
      ),
    ).toEqual([
      '    … 2 frames of node and actorflow',
      '    at mine (/home/me/a (1).ts:1:2)',
      '    … 1 frame of node and actorflow',
      '    at async Promise.all (index 0)',
    ])
  })

  it('takes compiled text for code of whoever compiled it', () => {
    const frame = (maker: string): string => `    at Kernel.eval (eval at compile (${maker}:1:16), <anonymous>:10:28)`
    const mine = frame('file:///home/me/a.ts')
    expect(fold(mine, frame('file:///app/operators/kernel.ts'))).toEqual([mine, '    … 1 frame of node and actorflow'])
  })

  it('keeps frames that are beside the folders of the project', () => {
    const frames = ['    at a (file:///app/examples/film.ts:1:1)', '    at b (file:///other/engine/x.ts:1:1)']
    expect(fold(...frames)).toEqual(frames)
  })
})
