import { runProgram } from '../support/run-program.ts'

/** `flow graph` of an example. */
export async function captureGraph(): Promise<string> {
  const main = 'pipelines/cli/main.ts'
  const { stdout, stderr, exitCode } = await runProgram(process.execPath, [
    main,
    'graph',
    'examples/weather/pipeline.yaml',
  ])
  if (exitCode !== 0) throw new Error(`flow graph has ended with ${exitCode}: ${stderr}`)
  return stdout
}
