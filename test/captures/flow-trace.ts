import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../support/run-program.ts'

const document = 'examples/word-count/pipeline.yaml'

/** A session that records a run of the word count and looks at it, as a reader would type it and see it. */
export async function captureFlowTrace(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'capture-'))
  const file = join(folder, 'run.jsonl')
  try {
    await flow('run', document, '--record-traces', file, '--view', 'none')
    const traces = (await flow('trace', file)).split('\n')
    // A line of the text in which there are some words.
    const [, id = ''] =
      traces.map((line) => / [5-8] {2}([0-9a-f]{6})[0-9a-f]{26}$/.exec(line) ?? []).find(([line]) => line) ?? []
    return [
      `$ flow run ${document} --record-traces run.jsonl`,
      '$ flow trace run.jsonl | head -n 6',
      ...traces.slice(0, 6),
      `$ flow trace run.jsonl ${id}`,
      await flow('trace', file, id),
    ].join('\n')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function flow(...args: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await runProgram(process.execPath, ['bin/flow.js', ...args])
  if (exitCode !== 0) throw new Error(`flow ${args.join(' ')} has ended with ${exitCode}: ${stderr}`)
  return stdout
}
